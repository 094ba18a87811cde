import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TlsClientOptions } from '#drivers/driver.ts'

/** A request as the client library makes it. */
export interface ProviderRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const ANSWER_BYTES_MAX = 1024 * 1024
const ANSWER_MS_MAX = 10_000

/**
 * A `fetch` towards a provider with the TLS of the configuration, a limit for time and length of
 * the answer, and without redirects.
 */
export function makeProviderFetch(tls: TlsClientOptions | undefined) {
  return (url: string, { method = 'GET', headers = {}, body }: ProviderRequest) =>
    new Promise<Response>((resolve, reject) => {
      const make = url.startsWith('https:') ? httpsRequest : httpRequest
      const signal = AbortSignal.timeout(ANSWER_MS_MAX)
      const request = make(url, { method, headers: { ...headers }, signal, ...tls }, (answer) => {
        const chunks: Buffer[] = []
        let bytes = 0
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk)
          else request.destroy(new Error(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`))
        })
        answer.on('error', reject)
        answer.on('end', () => {
          const { statusCode: status = 502 } = answer
          const type = answer.headers['content-type']
          const content = status === 204 || status === 304 ? null : Buffer.concat(chunks)
          resolve(
            new Response(content, {
              status,
              headers: type === undefined ? {} : { 'content-type': type },
            }),
          )
        })
      })
      request.on('error', (error) => {
        reject(signal.aborted ? new Error(`no answer within ${ANSWER_MS_MAX} ms`) : error)
      })
      request.end(textOf(body))
    })
}

function textOf(body: unknown): string | undefined {
  if (body instanceof URLSearchParams) return body.toString()
  return typeof body === 'string' ? body : undefined
}
