import type { ConnectRequest } from '#broker/ports.ts'
import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import type {
  PasswordChecks,
  PasswordVerdict,
  StoredPassword,
} from '#plugin/define-authenticator.ts'
import { digestMatches, digestPassword, isSimple } from './digest.ts'
import { HashWorker } from './hash-worker.ts'

/** Slow comparisons that may wait in one shard. */
const WAITING_MAX = 1_000
/** Clients give up about then. */
const WAIT_MS_MAX = 5_000
const NO_PASSWORD: Uint8Array = new Uint8Array(0)

/** Compares passwords, and makes what is stored of new ones, for one thread. */
export class PasswordService implements PasswordChecks {
  readonly #worker: HashWorker

  constructor(monotonicMs: () => number) {
    this.#worker = new HashWorker({ waitingMax: WAITING_MAX, waitMsMax: WAIT_MS_MAX, monotonicMs })
  }

  verify(
    algorithm: PasswordHashAlgorithm,
    request: ConnectRequest,
    stored: StoredPassword | undefined,
  ): PasswordVerdict | Promise<PasswordVerdict> {
    const { password = NO_PASSWORD, wire } = request
    if (isSimple(algorithm)) {
      if (stored !== undefined) return verdict(digestMatches(algorithm, password, stored))
      digestPassword(algorithm, password)
      return 'mismatch'
    }
    // Copied: the bytes of the request are valid while the packet is handled.
    const job = { kind: 'verify', algorithm, password: Uint8Array.from(password), stored } as const
    return this.#verifySlowly(wire.peerHost, job)
  }

  /**
   * What is stored of a new password.
   * @throws an Error when too many wait, or the algorithm cannot be done
   */
  async hash(algorithm: PasswordHashAlgorithm, password: Uint8Array): Promise<StoredPassword> {
    if (isSimple(algorithm)) return digestPassword(algorithm, password)
    const answer = await this.#worker.run('', { kind: 'hash', algorithm, password })
    if (answer?.kind === 'hashed') return answer.stored
    const reason = answer?.kind === 'failed' ? answer.reason : 'too many passwords wait'
    throw new Error(`the password cannot be hashed by ${algorithm.name}: ${reason}`)
  }

  close(): Promise<void> {
    return this.#worker.close()
  }

  async #verifySlowly(
    owner: string,
    job: Parameters<HashWorker['run']>[1],
  ): Promise<PasswordVerdict> {
    const answer = await this.#worker.run(owner, job)
    if (answer?.kind === 'verified') return verdict(answer.matches)
    if (answer?.kind === 'failed')
      throw new Error(`a password cannot be compared: ${answer.reason}`)
    return 'busy'
  }
}

function verdict(matches: boolean): PasswordVerdict {
  return matches ? 'match' : 'mismatch'
}
