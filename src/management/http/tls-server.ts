import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { Log } from '#broker/ports.ts'
import { loadTlsFiles, type TlsFiles } from '#net/tls-files.ts'
import { ARRIVAL } from './server.ts'

/** Where and how it listens for TLS. */
export interface TlsServerAddress {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly connectionsMax: number
  readonly files: TlsFiles
  /** Only clients with a certificate that the authority has signed are let in. */
  readonly verifyPeer: boolean
  readonly handshakeTimeoutMs: number
}

const FILES_CHECK_MS = 120_000

/** Serves requests over TLS, with the certificate that its files hold at the time. */
export class TlsServer {
  readonly #address: TlsServerAddress
  readonly #log: Log
  readonly #server: Server
  readonly #timer: NodeJS.Timeout
  #files: ReturnType<typeof loadTlsFiles>

  /** @throws TlsConfigError */
  constructor(address: TlsServerAddress, routing: RequestListener, log: Log) {
    this.#address = address
    this.#log = log
    this.#files = loadTlsFiles(address.files)
    const { verifyPeer, handshakeTimeoutMs } = address
    const options = {
      ...this.#files,
      requestCert: verifyPeer,
      rejectUnauthorized: verifyPeer,
      handshakeTimeout: handshakeTimeoutMs,
      requestTimeout: ARRIVAL.uploadMsMax,
      headersTimeout: ARRIVAL.requestMsMax,
    }
    this.#server = createServer(options, routing)
    this.#server.maxConnections = address.connectionsMax
    this.#timer = setInterval(() => this.reload(), FILES_CHECK_MS).unref()
  }

  /** Opens the port and gives it. Rejects with the error of the system. */
  async listen(): Promise<number> {
    const { host, port } = this.#address
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    const open = this.#server.address()
    return typeof open === 'object' && open !== null ? open.port : port
  }

  /** Takes changed files into use, for connections that come; broken ones are left alone. */
  reload(): void {
    try {
      const files = loadTlsFiles(this.#address.files)
      if (isDeepStrictEqual(files, this.#files)) return
      this.#server.setSecureContext(files)
      this.#files = files
      this.#log.info('certificates_reloaded', { listener: 'https:dashboard' })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.warn('certificates_not_reloaded', { listener: 'https:dashboard', reason })
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
