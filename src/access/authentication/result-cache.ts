import { createHmac } from 'node:crypto'
import type { Accepted, AuthenticateResult, ConnectRequest } from '#broker/ports.ts'

/** Size and time limits of a cache. */
export interface ResultCacheSettings {
  readonly lifetimeMs: number
  readonly entriesMax: number
}

interface Entry {
  readonly result: Accepted
  readonly untilMs: number
}

/**
 * Remembers who was accepted, by a keyed digest of everything an authenticator may look at. Only
 * acceptance is remembered: who was refused is asked about again.
 */
export class ResultCache {
  readonly #settings: ResultCacheSettings
  readonly #key: Uint8Array
  readonly #nowMs: () => number
  /** In the order in which they were accepted, which is that in which they end. */
  readonly #entries = new Map<string, Entry>()
  hits = 0
  misses = 0

  /** @param key secret bytes */
  constructor(settings: ResultCacheSettings, key: Uint8Array, nowMs: () => number) {
    this.#settings = settings
    this.#key = key
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#entries.size
  }

  /** The name of a request in the cache; undefined for what is never remembered. */
  keyOf(request: ConnectRequest): string | undefined {
    const { clientId, username, password, wire, clientAttributes, method } = request
    if (method !== undefined) return undefined
    const { listener, zone, peerHost, certCommonName, certSubject } = wire
    const facts = [clientId, username, listener, zone, peerHost, certCommonName, certSubject]
    const hmac = createHmac('sha256', this.#key)
    // Their lengths, so that bytes of one cannot pass for bytes of the other.
    const lengths = [wire.certificate?.length, password?.length]
    hmac.update(JSON.stringify([...facts, clientAttributes, ...lengths]))
    if (wire.certificate !== undefined) hmac.update(wire.certificate)
    if (password !== undefined) hmac.update(password)
    return hmac.digest('latin1')
  }

  get(key: string): Accepted | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined && this.#nowMs() < entry.untilMs) {
      this.hits++
      return entry.result
    }
    this.misses++
    this.#entries.delete(key)
    return undefined
  }

  put(key: string, result: AuthenticateResult): void {
    if (result.allowed !== true) return
    const { lifetimeMs, entriesMax } = this.#settings
    // Credentials that end are not remembered beyond that.
    const untilMs = Math.min(this.#nowMs() + lifetimeMs, result.expiresAtMs ?? Infinity)
    this.#entries.delete(key)
    this.#entries.set(key, { result, untilMs })
    if (this.#entries.size <= entriesMax) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      break
    }
  }
}
