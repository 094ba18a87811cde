import type { StoreFailure } from '../ports.ts'

/** Control messages between shards. What each asks of the receiver stands beside its kind. */
export type ShardMessage =
  /** For access of the receiver, whatever it is. */
  | { readonly kind: 'access'; readonly message: unknown }
  /** The sender has loaded its sessions: what it announced before is all its interest. */
  | { readonly kind: 'started' }
  /** All publishes before this are to be made safe; answered by `batch-durable`. */
  | { readonly kind: 'batch-end'; readonly sequence: number }
  | {
      readonly kind: 'batch-durable'
      readonly sequence: number
      readonly failure: StoreFailure | undefined
      /** The sender's store takes new data. */
      readonly healthy: boolean
    }
  /** Answered by `mark-seen` at once: what was sent before it has been taken in. */
  | { readonly kind: 'mark'; readonly token: number }
  | { readonly kind: 'mark-seen'; readonly token: number }
  /** The sender has its first ordinary subscriber of each of these filters. */
  | { readonly kind: 'interest'; readonly filters: readonly string[] }
  | { readonly kind: 'no-interest'; readonly filter: string }
  /** The first of them, or none any more, belongs to a stored session. */
  | { readonly kind: 'stored-interest'; readonly filters: readonly string[] }
  | { readonly kind: 'no-stored-interest'; readonly filter: string }
  /** A session of the sender is a member of a shared subscription. */
  | {
      readonly kind: 'member'
      readonly group: string
      readonly filter: string
      readonly clientId: string
      readonly online: boolean
      readonly stored: boolean
    }
  | {
      readonly kind: 'no-member'
      readonly group: string
      readonly filter: string
      readonly clientId: string
    }
  /** A reference to a body that the receiver counts is given up. */
  | { readonly kind: 'release-body'; readonly key: string }
  /** For those above the core; see `Hooks.told`. */
  | { readonly kind: 'tell'; readonly what: unknown }
  /** To the directory shard of the client id: the sender wants its session. */
  | {
      readonly kind: 'claim'
      readonly clientId: string
      readonly token: number
      readonly discard: boolean
    }
  /** From the directory: no other shard has the session. */
  | {
      readonly kind: 'claim-granted'
      readonly clientId: string
      readonly token: number
    }
  /** From the directory to the owner: hand the session over to shard `to`, or end it. */
  | {
      readonly kind: 'release'
      readonly clientId: string
      readonly to: number
      readonly token: number
      readonly discard: boolean
    }
  /**
   * From the old owner, instead of `claim-granted` because links do not wait for each other: what
   * follows for the client is forwarded; its records have the prefix `storeKey` and the next
   * message of its queue is number `sequence`. '' = there is no session.
   */
  | {
      readonly kind: 'handover-begin'
      readonly clientId: string
      readonly token: number
      readonly storeKey: string
      readonly sequence: number
      /** Zone whose limits hold for its queue. */
      readonly zone: string
    }
  /** From the old owner: the session is in the store as it was at `handover-begin`. */
  | { readonly kind: 'handover'; readonly clientId: string }
  /** From the new owner to all: from here on publishes for the client go to it directly. */
  | { readonly kind: 'cut'; readonly clientId: string; readonly from: number; readonly to: number }
  /** From every shard to old and new owner: all publishes before the cut have been sent. */
  | { readonly kind: 'cut-mark'; readonly clientId: string; readonly at: number }
  /** From the old owner: everything has been forwarded. */
  | { readonly kind: 'moved'; readonly clientId: string }
  /** To the directory: the claim is settled, the next one may go on; `ended`: without a session. */
  | { readonly kind: 'claim-done'; readonly clientId: string; readonly ended: boolean }
  /** To the directory: the session ended. */
  | { readonly kind: 'session-ended'; readonly clientId: string }
  /** To the shard that keeps the `$exclusive/` topic; answered by `exclusive-answer`. */
  | {
      readonly kind: 'exclusive-acquire'
      readonly topic: string
      readonly clientId: string
      readonly token: number
    }
  | { readonly kind: 'exclusive-answer'; readonly token: number; readonly acquired: boolean }
  | { readonly kind: 'exclusive-release'; readonly topic: string; readonly clientId: string }

/** Answer to a `batch-end`. */
export type BatchDurable = Extract<ShardMessage, { readonly kind: 'batch-durable' }>
