import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ServerAddress, TlsClientOptions } from './driver.ts'
import { DriverError, explainNetworkError, readLibraryError } from './driver-error.ts'

/** A syslog server. */
export interface SyslogSettings {
  readonly server: ServerAddress
  readonly transport: 'tcp' | 'udp'
  /** How messages are told apart in TCP (RFC 6587 §3.4). */
  readonly framing: 'octet_counting' | 'newline'
  readonly connectTimeoutMs: number
  /** How long the server may take nothing. */
  readonly writeTimeoutMs: number
  readonly tls: TlsClientOptions | undefined
}

/** A connection that is open. It does not connect again by itself. */
export interface SyslogLink {
  /**
   * Sends messages in order. Resolves when the system has them: syslog has no acknowledgements.
   * @throws DriverError
   */
  send(messages: readonly Buffer[]): Promise<void>
  /** @throws DriverError when the connection was closed */
  check(): void
  close(): void
}

/**
 * Connects to a syslog server.
 * @param lost called when the connection ends by itself
 * @throws DriverError
 */
export async function openSyslog(
  settings: SyslogSettings,
  lost: (reason: string) => void,
): Promise<SyslogLink> {
  try {
    if (settings.transport === 'tcp') return new TcpLink(await dial(settings), settings, lost)
    if (settings.tls !== undefined) {
      throw new DriverError(
        'retryable',
        'UDP has no TLS. Set transport = tcp, or ssl.enable = false',
      )
    }
    return new UdpLink(await dialUdp(settings.server), settings, lost)
  } catch (error) {
    throw explainIn(settings, error)
  }
}

function dial({ server, connectTimeoutMs, tls }: SyslogSettings): Promise<Socket> {
  const { host, port } = server
  const name = isIP(host) === 0 ? { servername: host } : {}
  const stream =
    tls === undefined ? connectTcp({ host, port }) : connectTls({ ...name, ...tls, host, port })
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      clearTimeout(timer)
      stream.destroy()
      reject(error)
    }
    const timer = setTimeout(
      () => failed(new Error('it does not answer in time')),
      connectTimeoutMs,
    )
    stream.on('error', failed)
    stream.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      stream.off('error', failed)
      resolve(stream)
    })
  })
}

class TcpLink implements SyslogLink {
  readonly #stream: Socket
  readonly #settings: SyslogSettings
  #failure: DriverError | undefined

  constructor(stream: Socket, settings: SyslogSettings, lost: (reason: string) => void) {
    this.#stream = stream
    this.#settings = settings
    const failed = (error: unknown): void => {
      if (this.#failure !== undefined) return
      this.#failure = explainIn(settings, error)
      stream.destroy()
      lost(this.#failure.message)
    }
    stream.setKeepAlive(true)
    stream.resume() // Nothing comes but the end.
    stream.on('error', failed)
    stream.on('end', () => failed(new Error('the server closed the connection')))
    stream.on('close', () => failed(new Error('the connection was closed')))
  }

  send(messages: readonly Buffer[]): Promise<void> {
    const { framing, writeTimeoutMs } = this.#settings
    const bytes = Buffer.concat(messages.flatMap((one) => framed(one, framing)))
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void => {
        reject(this.#failure ?? explainIn(this.#settings, error))
      }
      if (this.#failure !== undefined) {
        failed(this.#failure)
        return
      }
      const timer = setTimeout(() => {
        const text = `the server has taken nothing for ${writeTimeoutMs / 1000} s`
        this.#stream.destroy(new Error(text))
      }, writeTimeoutMs)
      this.#stream.write(bytes, (error) => {
        clearTimeout(timer)
        if (error === null || error === undefined) resolve()
        else failed(error)
      })
    })
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  close(): void {
    this.#failure ??= new DriverError('retryable', 'the connection was closed', true)
    this.#stream.end(() => this.#stream.destroy())
  }
}

const LINE_BREAK = Buffer.from('\n')

/** A message as it stands in a stream. */
function framed(message: Buffer, framing: SyslogSettings['framing']): readonly Buffer[] {
  if (framing === 'octet_counting') return [Buffer.from(`${message.length} `), message]
  const isOneLine = !message.includes(LINE_BREAK)
  const line = isOneLine
    ? message
    : Buffer.from(message.toString().replaceAll('\n', String.raw`\n`))
  return [line, LINE_BREAK]
}

function dialUdp({ host, port }: ServerAddress): Promise<UdpSocket> {
  const udp = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      udp.close()
      reject(error)
    }
    udp.once('error', failed)
    // Told to the callback, not by an event: that the name is not known, or there is no way.
    const connected = (error?: Error): void => {
      udp.off('error', failed)
      if (error === undefined) resolve(udp)
      else failed(error)
    }
    udp.connect(port, host, connected)
  })
}

class UdpLink implements SyslogLink {
  readonly #udp: UdpSocket
  readonly #settings: SyslogSettings
  #failure: DriverError | undefined

  constructor(udp: UdpSocket, settings: SyslogSettings, lost: (reason: string) => void) {
    this.#udp = udp
    this.#settings = settings
    // The other host says that nobody listens.
    udp.on('error', (error) => {
      if (this.#failure !== undefined) return
      this.#failure = explainIn(settings, error)
      lost(this.#failure.message)
    })
  }

  async send(messages: readonly Buffer[]): Promise<void> {
    for (const message of messages) {
      this.check()
      try {
        await this.#sendOne(message)
      } catch (error) {
        throw explainIn(this.#settings, error)
      }
    }
  }

  #sendOne(message: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#udp.send(message, (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  close(): void {
    this.#failure ??= new DriverError('retryable', 'the socket was closed', true)
    this.#udp.close()
  }
}

function explainIn({ server: { host, port } }: SyslogSettings, error: unknown): DriverError {
  if (error instanceof DriverError) return error
  const title = `syslog ${host}:${port}`
  const network = explainNetworkError(error)
  if (network !== undefined) {
    return new DriverError(network.kind, `${title}: ${network.message}`, true)
  }
  const { code, message } = readLibraryError(error)
  if (code === 'EMSGSIZE') {
    const remedy = 'Lower max_message_bytes, or set transport = tcp'
    return new DriverError('fatal', `${title}: the message is too large for UDP. ${remedy}`)
  }
  return new DriverError('retryable', `${title}: ${message}`, true)
}
