import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Log } from '#broker/ports.ts'
import { ocspAnswerEndsAtMs } from '#net/certificate/ocsp-answer.ts'
import { makeOcspRequest } from '#net/certificate/ocsp-request.ts'

/** Where the status of the server's certificates is asked for. */
export interface OcspOptions {
  readonly responderUrl: string
  /** The authority that signed the server's certificates, PEM. */
  readonly issuerFile: string
  readonly refreshMs: number
  readonly timeoutMs: number
}

/** After a failure nothing is asked for so long. */
const RETRY_MS = 10_000
/** An answer that could not be renewed for so long is not shown any more. */
const AGE_MS_MAX = 24 * 3_600_000
const ANSWER_BYTES_MAX = 65_536
/** Certificates of one listener, by `server_names`; the one asked for first is forgotten first. */
const CERTIFICATES_MAX = 1_000

/** What is known about one certificate. */
interface Status {
  answer: Buffer | undefined
  /** On the clock that never goes back; from then on the answer is not shown any more. */
  endsAtMs: number
  nextTryAtMs: number
  asking: Promise<void> | undefined
}

/**
 * The answers of the responder about certificates, for handshakes (RFC 6066 §8). One is asked for
 * when a client wants it, and renewed in the background; handshakes wait for the first one only.
 * A responder that does not answer keeps nobody out: there is no staple then.
 */
export class OcspStaple {
  readonly #options: OcspOptions
  readonly #log: Log
  readonly #nowMs: () => number
  readonly #known = new Map<string, Status>()

  /** @param nowMs time that never goes back */
  constructor(options: OcspOptions, log: Log, nowMs: () => number) {
    this.#options = options
    this.#log = log
    this.#nowMs = nowMs
  }

  /** The staple for a certificate (DER); undefined when there is none. */
  async get(certificate: Buffer): Promise<Buffer | undefined> {
    const status = this.#statusOf(certificate)
    if (this.#nowMs() >= status.nextTryAtMs) status.asking ??= this.#ask(certificate, status)
    if (status.answer === undefined) await status.asking
    return this.#nowMs() < status.endsAtMs ? status.answer : undefined
  }

  #statusOf(certificate: Buffer): Status {
    const key = createHash('sha256').update(certificate).digest('base64')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const [oldest] = this.#known.keys()
    if (this.#known.size >= CERTIFICATES_MAX && oldest !== undefined) this.#known.delete(oldest)
    const status = { answer: undefined, endsAtMs: 0, nextTryAtMs: 0, asking: undefined }
    this.#known.set(key, status)
    return status
  }

  async #ask(certificate: Buffer, status: Status): Promise<void> {
    const { responderUrl, issuerFile, refreshMs, timeoutMs } = this.#options
    status.nextTryAtMs = this.#nowMs() + refreshMs
    try {
      const issuer = new X509Certificate(readFileSync(issuerFile)).raw
      const response = await fetch(responderUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/ocsp-request' },
        body: makeOcspRequest(certificate, issuer),
        redirect: 'error', // The configuration says who is asked.
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!response.ok) throw new Error(`the responder answers ${response.status}`)
      const answer = await readAnswer(response)
      const restMs = (ocspAnswerEndsAtMs(answer) ?? Infinity) - Date.now()
      status.answer = answer
      status.endsAtMs = this.#nowMs() + Math.min(restMs, AGE_MS_MAX)
    } catch (error) {
      status.nextTryAtMs = this.#nowMs() + RETRY_MS
      this.#log.warn('ocsp_not_renewed', { url: responderUrl, reason: reasonOf(error) })
    } finally {
      status.asking = undefined
    }
  }
}

async function readAnswer({ body }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) {
      throw new Error(`the answer of the responder is longer than ${ANSWER_BYTES_MAX} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The messages of an error of `fetch`, which says only in its cause what was wrong. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
