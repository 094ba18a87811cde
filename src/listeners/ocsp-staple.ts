import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Log } from '#broker/ports.ts'
import { makeOcspRequest } from '#net/certificate/ocsp-request.ts'

/** Where the status of the server's certificate is asked for. */
export interface OcspOptions {
  readonly responderUrl: string
  /** The authority that signed the server's certificate, PEM. */
  readonly issuerFile: string
  readonly refreshMs: number
  readonly timeoutMs: number
}

/** After a failure nothing is asked for so long. */
const RETRY_MS = 10_000
/** An answer that could not be renewed for so long is not shown any more. */
const AGE_MS_MAX = 24 * 3_600_000
const ANSWER_BYTES_MAX = 65_536
/** `successful`, as the second element of an answer (RFC 6960 §4.2.1). */
const SUCCESSFUL = Buffer.from([0x0a, 0x01, 0x00])
const STATUS_WITHIN_BYTES = 8

/**
 * The answer of the responder about one certificate, for handshakes (RFC 6066 §8). It is asked for
 * when a client wants it, and renewed in the background; handshakes wait for the first one only.
 * A responder that does not answer keeps nobody out: there is no staple then.
 */
export class OcspStaple {
  readonly #options: OcspOptions
  readonly #log: Log
  readonly #nowMs: () => number
  #certificate: Buffer | undefined
  #answer: Buffer | undefined
  #answeredAtMs = 0
  #nextTryAtMs = 0
  #asking: Promise<void> | undefined

  constructor(options: OcspOptions, log: Log, nowMs: () => number) {
    this.#options = options
    this.#log = log
    this.#nowMs = nowMs
  }

  /** The staple for a certificate (DER); undefined when there is none. */
  async get(certificate: Buffer): Promise<Buffer | undefined> {
    if (this.#certificate?.equals(certificate) !== true) {
      this.#certificate = Buffer.from(certificate)
      this.#answer = undefined
      this.#nextTryAtMs = 0
    }
    const nowMs = this.#nowMs()
    if (nowMs >= this.#nextTryAtMs) this.#asking ??= this.#ask(this.#certificate)
    if (this.#answer === undefined) await this.#asking
    return this.#nowMs() - this.#answeredAtMs > AGE_MS_MAX ? undefined : this.#answer
  }

  async #ask(certificate: Buffer): Promise<void> {
    const { responderUrl, issuerFile, refreshMs, timeoutMs } = this.#options
    this.#nextTryAtMs = this.#nowMs() + refreshMs
    try {
      const issuer = new X509Certificate(readFileSync(issuerFile)).raw
      const response = await fetch(responderUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/ocsp-request' },
        body: makeOcspRequest(certificate, issuer),
        signal: AbortSignal.timeout(timeoutMs),
      })
      const answer = Buffer.from(await response.arrayBuffer())
      const isGood = answer.subarray(0, STATUS_WITHIN_BYTES).includes(SUCCESSFUL)
      if (!response.ok || !isGood || answer.length > ANSWER_BYTES_MAX) {
        throw new Error(`the responder answers ${response.status} and no status`)
      }
      if (this.#certificate === certificate) this.#answer = answer
      this.#answeredAtMs = this.#nowMs()
    } catch (error) {
      this.#nextTryAtMs = this.#nowMs() + RETRY_MS
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.warn('ocsp_not_renewed', { url: responderUrl, reason })
    } finally {
      this.#asking = undefined
    }
  }
}
