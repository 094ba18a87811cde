import { serverOf, tlsOf } from '#access/backends/driver-settings.ts'
import type { ConnectionContext } from '#access/backends/driver-settings.ts'
import type { ClientSslConfig } from '#config/fields/backends/connection.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { type HttpAnswer, type HttpDriver, type HttpRequest, openHttp } from '#drivers/http.ts'
import { driverLimits } from './drivers/open-driver.ts'

/** A system that is spoken to by HTTP. */
export interface HttpApi {
  /**
   * Sends a request.
   * @throws DriverError unless the answer has a status of success
   */
  request(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>
  /** @throws DriverError when it cannot be reached, or does not let in */
  check(): Promise<void>
  close(): Promise<void>
}

/** Keys that connections by HTTP have in common. */
export interface HttpApiKeys {
  readonly pool_size: number
  readonly connect_timeout: number
  readonly ssl: ClientSslConfig
}

/** A request that tells whether a login is good, and changes nothing. */
export interface Trial extends HttpRequest {
  /** Statuses besides those of success that mean: it was let in. */
  readonly accepts?: readonly number[]
}

const ANSWER_BYTES_MAX = 16 * 1024 * 1024
const ANSWER_CHARS_SHOWN = 300
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
const CREDENTIALS: ReadonlySet<number> = new Set([401, 403])

/**
 * Connects to a system and tries whether it lets in.
 * @param origin scheme, host and port
 * @param headers of all requests
 * @param trial request that needs the login; without, the connection has to do
 * @throws DriverError; nothing stays open then
 */
export async function openHttpApi(
  origin: string,
  keys: HttpApiKeys,
  context: ConnectionContext,
  headers: Readonly<Record<string, string>>,
  trial?: Trial,
): Promise<HttpApi> {
  const driver = openHttp({
    ...driverLimits(keys.pool_size, keys.connect_timeout, context),
    origin,
    pipelining: 1,
    answerBytesMax: ANSWER_BYTES_MAX,
    tls: origin.startsWith('https:') ? tlsOf(keys.ssl, context, true) : undefined,
  })
  const api = apiOf(driver, origin, headers, trial)
  try {
    await api.check()
    return api
  } catch (error) {
    await driver.close()
    throw error
  }
}

/** Origin of a server that is named by host and port. */
export function originOf(server: string, port: number, ssl: ClientSslConfig): string {
  const { host, port: found } = serverOf(server, port)
  const name = host.includes(':') ? `[${host}]` : host
  return `${ssl.enable ? 'https' : 'http'}://${name}:${found}`
}

/** The header of a user with a password; none without a user. */
export function basicLogin(
  username: string | undefined,
  password: string | undefined,
): Readonly<Record<string, string>> {
  if (username === undefined) return {}
  const text = Buffer.from(`${username}:${password ?? ''}`).toString('base64')
  return { authorization: `Basic ${text}` }
}

function apiOf(
  driver: HttpDriver,
  origin: string,
  headers: Readonly<Record<string, string>>,
  trial: Trial | undefined,
): HttpApi {
  const send = async (request: Trial, signal?: AbortSignal): Promise<HttpAnswer> => {
    const whole = { ...request, headers: { ...headers, ...request.headers } }
    const answer = await driver.request(whole, signal)
    const { status } = answer
    if ((status >= 200 && status < 300) || request.accepts?.includes(status)) return answer
    throw refusal(origin, answer)
  }
  return {
    request: send,
    async check() {
      await driver.check()
      if (trial !== undefined) await send(trial)
    },
    close: () => driver.close(),
  }
}

function refusal(origin: string, { status, body }: HttpAnswer): DriverError {
  const text = body.toString('utf8', 0, ANSWER_CHARS_SHOWN).trim()
  const answer = `HTTP ${origin}: it answered ${status}${text === '' ? '' : `: ${text}`}`
  if (CREDENTIALS.has(status)) {
    return new DriverError('credentials', `${answer}. Check the user, password or token`)
  }
  return new DriverError(RETRYABLE.has(status) ? 'retryable' : 'fatal', answer)
}
