import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { JwtKeySetConfig } from '#config/fields/authentication/jwt.ts'
import { type HttpDriver, openHttp } from '#drivers/http.ts'
import type { AuthenticatorContext, AuthenticatorStatus } from '#plugin/define-authenticator.ts'
import { backendStatus } from '../../backends/backend-status.ts'
import { limitsOf, tlsOf } from '../../backends/driver-settings.ts'
import type { TokenKeys } from './verify-token.ts'

/** Keys, and the algorithms that tokens may name for them. */
export interface UsableKeys {
  readonly keys: TokenKeys
  readonly algorithms: readonly string[]
}

/** Never HMAC: what everybody can fetch is no secret to sign with. */
const ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

const TIMEOUTS = { connectTimeoutMs: 5_000, requestTimeoutMs: 5_000 } as const
const SET_BYTES_MAX = 1_048_576
/** Time between fetches of a set that failed, or that lacked the key of a token. */
const AGAIN_MS = 5_000

/**
 * The keys of a server, fetched at the start and then regularly. While the server does not answer
 * the last keys stay in use, without an end; before the first ones nobody is let in.
 */
export class KeySet {
  readonly #config: JwtKeySetConfig
  readonly #context: AuthenticatorContext
  readonly #driver: HttpDriver
  readonly #path: string
  readonly #stop = new AbortController()
  #current: UsableKeys | undefined
  #reason: string | undefined
  #fetchedAtMs = -Infinity
  #fetching: Promise<boolean> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(config: JwtKeySetConfig, context: AuthenticatorContext) {
    this.#config = config
    this.#context = context
    const { origin, protocol, pathname, search } = new URL(config.endpoint)
    this.#path = pathname + search
    this.#driver = openHttp({
      ...limitsOf(config.pool_size, TIMEOUTS, context),
      origin,
      pipelining: 1,
      answerBytesMax: SET_BYTES_MAX,
      tls: protocol === 'https:' ? tlsOf(config.ssl, context, true) : undefined,
    })
    void this.#refresh()
  }

  current(): UsableKeys | undefined {
    return this.#current
  }

  /** Fetches the set, unless it was tried a moment ago; undefined when there is none newer. */
  async newer(): Promise<UsableKeys | undefined> {
    const nowMs = this.#context.clock.monotonicMs()
    const isTooEarly = this.#fetching === undefined && nowMs - this.#fetchedAtMs < AGAIN_MS
    if (isTooEarly) return undefined
    return (await this.#refresh()) ? this.#current : undefined
  }

  status(): AuthenticatorStatus {
    const reason = this.#reason
    const { requests } = backendStatus(this.#driver)
    const more = requests === undefined ? {} : { requests }
    if (reason === undefined) {
      return { status: this.#current === undefined ? 'connecting' : 'connected', ...more }
    }
    return { status: 'disconnected', reason, ...more }
  }

  close(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    return this.#driver.close()
  }

  /** Fetches the set, once for all who ask meanwhile. Never rejects; says whether it succeeded. */
  #refresh(): Promise<boolean> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
      this.#schedule()
    })
    return this.#fetching
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#stop.signal.aborted) return
    const delayMs = this.#reason === undefined ? this.#config.refresh_interval * 1000 : AGAIN_MS
    this.#timer = setTimeout(() => void this.#refresh(), delayMs).unref()
  }

  async #fetch(): Promise<boolean> {
    const { clock, log, id } = this.#context
    this.#fetchedAtMs = clock.monotonicMs()
    try {
      const headers = { accept: 'application/json', ...this.#config.headers }
      const request = { method: 'GET', path: this.#path, headers } as const
      const { status, body } = await this.#driver.request(request, this.#stop.signal)
      if (status !== 200) throw new Error(`it answers with status ${status}`)
      // What is no key set is found out by what reads it.
      const set = JSON.parse(body.toString('utf8')) as JSONWebKeySet
      this.#current = { keys: createLocalJWKSet(set), algorithms: ALGORITHMS }
      this.#reason = undefined
      return true
    } catch (error) {
      if (this.#stop.signal.aborted) return false
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#reason === undefined) log.warn('key_set_not_fetched', { authenticator: id, reason })
      this.#reason = `the key set cannot be fetched: ${reason}`
      return false
    }
  }
}
