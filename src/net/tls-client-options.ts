import type { ConnectionOptions } from 'node:tls'
import { loadTlsFiles, type TlsVersion } from './tls-files.ts'

/** TLS of a connection that this node opens. */
export interface TlsClientSettings {
  readonly cacertfile: string | undefined
  readonly certfile: string | undefined
  readonly keyfile: string | undefined
  /** Of the private key. */
  readonly password: string | undefined
  readonly verify: 'verify_peer' | 'verify_none'
  /** `disable`: the name in the certificate does not matter. */
  readonly serverName: string | undefined
  readonly versions: readonly TlsVersion[]
  readonly ciphers: readonly string[]
}

/**
 * Loads the files of a TLS client.
 * @throws TlsConfigError
 */
export function loadTlsClientOptions(settings: TlsClientSettings): ConnectionOptions {
  const { serverName, verify } = settings
  return {
    ...loadTlsFiles({ ...settings, dhfile: undefined, honorCipherOrder: false }),
    rejectUnauthorized: verify === 'verify_peer',
    ...(serverName !== undefined && serverName !== 'disable' && { servername: serverName }),
    ...(serverName === 'disable' && { checkServerIdentity: () => undefined }),
  }
}
