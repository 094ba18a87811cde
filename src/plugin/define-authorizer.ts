/** Contract of an authorizer: one source that says what clients may publish and subscribe. */
import type { Clock, Identity, KvStore, Log } from '#broker/ports.ts'
import type { QoS } from '#broker/qos.ts'
import type { Field, Infer } from '#config/field.ts'

/** What a client wants to do. */
export interface AuthorizeRequest {
  readonly client: Identity
  readonly action: 'publish' | 'subscribe'
  /**
   * The topic of a publish or the filter of a subscription, as the client wrote it: without a
   * mountpoint, and without `$share/<group>/`, `$queue/`, `$exclusive/` and `$delayed/<seconds>/`.
   */
  readonly topic: string
  readonly qos: QoS
  /** Of a publish; false for a subscription. */
  readonly retain: boolean
}

/** What an authorizer says: `ignore` leaves the decision to the next source. */
export type Verdict = 'allow' | 'deny' | 'ignore'

/**
 * One source of a chain in one shard.
 *
 * It is asked for many clients at the same time, and keeps a limit on what it has under way. What
 * it says is remembered for the client (`authorization.cache`).
 */
export interface Authorizer {
  /**
   * Says at once where it can, or later. Settles within the time limit of its backend.
   *
   * An exception or a rejected promise means that it cannot be known what the source would have
   * said: the request is refused, counted, logged without a secret, and not remembered. An
   * authorizer that knows nothing of the client says `ignore`.
   * @param signal aborted when the node stops
   */
  authorize(request: AuthorizeRequest, signal: AbortSignal): Verdict | Promise<Verdict>
  /** Whether its backend can be asked now, for the status that people see. */
  status(): AuthorizerStatus
  /**
   * Reads its files again; true when it may say something else now. Called every ten seconds or so.
   * @throws an Error with what to do; what it knew before holds on then
   */
  reload?(): boolean
  /** Rules in the store of the node were changed. */
  rulesChanged?(): void
  close(): void | Promise<void>
}

/** `reason` is for people: what is wrong and what to do, without secrets. */
export interface AuthorizerStatus {
  readonly status: 'connected' | 'connecting' | 'disconnected'
  readonly reason?: string
  /** Requests to its backend since it was opened; absent: it has none. */
  readonly requests?: { readonly succeeded: number; readonly failed: number }
}

/** What an authorizer is given to work with. */
export interface AuthorizerContext {
  /** Shards of the node: each has an authorizer of its own, with its own connections. */
  readonly shardCount: number
  readonly log: Log
  readonly clock: Clock
  /** The store of this shard. An authorizer reads its own tables only, and writes nothing. */
  readonly store: KvStore
  /**
   * A secret of the configuration; reads the file when it is written as `file:///path`.
   * @throws when that file cannot be read
   */
  readonly readSecret: (written: string) => string
}

/** The description of an authorizer, as `defineAuthorizer` takes it. */
export interface AuthorizerDefinition<F extends Field = Field> {
  /** Value of `type` in `authorization.sources`. */
  readonly type: string
  /**
   * Its keys, `type` and `enable` among them; described in config/fields/authorization. More than
   * one description may lead to the same authorizer.
   */
  readonly fields: readonly F[]
  /**
   * Tries before the start whether the configuration can work, without connecting to anything.
   * @throws an Error with what to do
   */
  check?(config: Infer<F>): void
  /**
   * Makes it for one shard. Returns at once: a connection to a backend is opened in the
   * background, and one that cannot be opened is no reason to throw.
   * @throws an Error with what to do when the configuration cannot work
   */
  create(config: Infer<F>, context: AuthorizerContext): Authorizer
}

/** An authorizer of whatever configuration, as it stands in the catalog. */
export interface AnyAuthorizer {
  readonly type: string
  readonly fields: readonly Field[]
  check?(config: never): void
  create(config: never, context: AuthorizerContext): Authorizer
}

/** Declares an authorizer; it needs one line in access/authorization/catalog.ts as well. */
export function defineAuthorizer<F extends Field>(
  definition: AuthorizerDefinition<F>,
): AuthorizerDefinition<F> {
  return definition
}
