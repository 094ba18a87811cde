/** Messages between a shard and its hash thread. */
import type { StoredPassword } from '#plugin/define-authenticator.ts'
import type { SlowAlgorithm } from './slow-hash.ts'

/** To the hash thread; answered in order. */
export type HashJob =
  | {
      readonly kind: 'verify'
      readonly algorithm: SlowAlgorithm
      readonly password: Uint8Array
      /** Undefined: the user is not known. */
      readonly stored: StoredPassword | undefined
    }
  | { readonly kind: 'hash'; readonly algorithm: SlowAlgorithm; readonly password: Uint8Array }

/** From the hash thread. */
export type HashAnswer =
  | { readonly kind: 'verified'; readonly matches: boolean }
  | { readonly kind: 'hashed'; readonly stored: StoredPassword }
  | { readonly kind: 'failed'; readonly reason: string }
