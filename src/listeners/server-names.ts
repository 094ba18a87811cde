import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { loadTlsFiles } from '#net/tls-files.ts'
import type { TlsListenerOptions } from './listener-options.ts'

/** Certificates of one listener by the host name that clients ask for (SNI, RFC 6066 §3). */
export class ServerNames {
  /** What they were made from. */
  readonly files: ReadonlyMap<string, SecureContextOptions>
  readonly #contexts: ReadonlyMap<string, SecureContext>

  /** @throws TlsConfigError when the files do not work */
  constructor(options: TlsListenerOptions, ticketKeys: Buffer) {
    this.files = new Map(
      options.serverNames.map(({ name, ...own }) => {
        return [name.toLowerCase(), loadTlsFiles({ ...options.files, ...own })]
      }),
    )
    this.#contexts = new Map(
      [...this.files].map(([name, files]) => {
        return [name, createSecureContext({ ...files, ticketKeys })]
      }),
    )
  }

  /** The context for a host name, by itself or as `*.` and its parent; undefined: the usual one. */
  find(asked: string): SecureContext | undefined {
    const name = asked.toLowerCase()
    const dot = name.indexOf('.')
    return (
      this.#contexts.get(name) ??
      (dot === -1 ? undefined : this.#contexts.get(`*${name.slice(dot)}`))
    )
  }
}
