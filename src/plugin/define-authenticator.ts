/** Contract of an authenticator: one way to find out whether a client is who it says it is. */
import type {
  Accepted,
  Clock,
  ConnectRequest,
  Continued,
  KvStore,
  Log,
  Refused,
} from '#broker/ports.ts'
import type { Field, Infer } from '#config/field.ts'
import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'

/** The authenticator does not decide about this client: the next one of the chain is asked. */
export interface Ignored {
  readonly allowed: 'ignore'
  /** It could not: its backend does not answer. */
  readonly isUnavailable: boolean
}

/** What an authenticator says of a client. `Accepted` and `Refused` end the chain. */
export type AuthenticatorResult = Ignored | Accepted | Refused | Continued

/** It knows nothing of this client. */
export const IGNORE: Ignored = Object.freeze({ allowed: 'ignore', isUnavailable: false })

/**
 * Its backend cannot be asked, or answers nonsense. Another authenticator may let the client in;
 * when none does, it is refused as by a server that is unavailable (0x88), so that it tries again.
 */
export const UNAVAILABLE: Ignored = Object.freeze({ allowed: 'ignore', isUnavailable: true })

/**
 * One authenticator of a chain in one shard.
 *
 * It is called for many clients at the same time, and keeps a limit on what it has under way.
 */
export interface Authenticator {
  /**
   * Says at once, or later. Must settle within the time limit of its backend. A rejected promise
   * is logged and counts as `UNAVAILABLE`; its message must hold no secret.
   * @param signal aborted when the time limit of the chain is over
   */
  authenticate(
    request: ConnectRequest,
    signal: AbortSignal,
  ): AuthenticatorResult | Promise<AuthenticatorResult>
  /** Whether its backend can be asked now, for the status that people see. */
  status(): AuthenticatorStatus
  close(): void | Promise<void>
}

/** `reason` is for people: what is wrong and what to do, without secrets. */
export interface AuthenticatorStatus {
  readonly status: 'connected' | 'connecting' | 'disconnected'
  readonly reason?: string
  /** Requests to its backend since it was opened; absent: it has none. */
  readonly requests?: { readonly succeeded: number; readonly failed: number }
}

/** A password as a backend keeps it. */
export interface StoredPassword {
  /** Hexadecimal digits, or text in a form that names its algorithm (`$2b$…`, `$argon2id$…`). */
  readonly hash: string
  /** As the bytes of this text stand before or behind the password; empty = none. */
  readonly salt: string
}

/** How a comparison of passwords came out; `busy`: too many wait, nothing was compared. */
export type PasswordVerdict = 'match' | 'mismatch' | 'busy'

/** Compares passwords in constant time; slow algorithms run outside the thread of the shard. */
export interface PasswordChecks {
  /**
   * Compares the password of a request with a stored one.
   * @param stored undefined when the user is not known: takes as long as a wrong password
   */
  verify(
    algorithm: PasswordHashAlgorithm,
    request: ConnectRequest,
    stored: StoredPassword | undefined,
  ): PasswordVerdict | Promise<PasswordVerdict>
}

/** What an authenticator is given to work with. */
export interface AuthenticatorContext {
  /** `mechanism:backend`, such as `password_based:redis`. */
  readonly id: string
  /** The chain it is in: `mqtt:global`, or the id of a listener. */
  readonly chain: string
  /** Shards of this node; they share out the connections that it may open. */
  readonly shardCount: number
  readonly log: Log
  readonly clock: Clock
  /** The store of this shard. An authenticator reads its own tables only. */
  readonly store: KvStore
  readonly passwords: PasswordChecks
  /** 32 random bytes, the same in all shards while the node runs. */
  readonly nodeSecret: Uint8Array
  /**
   * A secret of the configuration; reads the file when it is written as `file:///path`.
   * @throws when that file cannot be read
   */
  readonly readSecret: (written: string) => string
}

/** The description of an authenticator, as `defineAuthenticator` takes it. */
export interface AuthenticatorDefinition<F extends Field = Field> {
  readonly mechanism: string
  /** Undefined for a mechanism that has no choice of backends. */
  readonly backend?: string
  /**
   * Its keys, `mechanism` and `backend` among them; described in config/fields/authentication.
   * More than one description may lead to the same authenticator.
   */
  readonly fields: readonly F[]
  /** Methods of enhanced authentication that it knows under this configuration; none: undefined. */
  methods?(config: Infer<F>): readonly string[]
  /**
   * Makes it for one shard. Returns at once: a connection to a backend is opened in the
   * background, and one that cannot be opened is no reason to throw.
   * @throws an Error with what to do when the configuration cannot work
   */
  create(config: Infer<F>, context: AuthenticatorContext): Authenticator
}

/** Declares an authenticator; it needs one line in access/authentication/catalog.ts as well. */
export function defineAuthenticator<F extends Field>(
  definition: AuthenticatorDefinition<F>,
): AuthenticatorDefinition<F> {
  return definition
}
