import { Program } from '../interop/program.ts'

/** CONNECT and DISCONNECT of MQTT 3.1.1. */
const VISIT = '\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01v\xe0\x00'
const CONNACK = '\x20\x02\x00\x00'

/** What `openssl s_client` met. */
export interface Visit {
  /** Whether the broker let it in; in TLS 1.3 a client learns that only after the handshake. */
  readonly isLetIn: boolean
  /** All that it printed, about the handshake as well. */
  readonly text: string
}

/** Visits a listener with the command of OpenSSL. */
export async function visit(port: number, ...more: readonly string[]): Promise<Visit> {
  const words = ['s_client', '-connect', `127.0.0.1:${port}`, '-ign_eof', ...more]
  const program = new Program('openssl', words, Buffer.from(VISIT, 'latin1'))
  await program.ended()
  const text = program.lines.join('\n')
  return { isLetIn: text.includes(CONNACK), text }
}
