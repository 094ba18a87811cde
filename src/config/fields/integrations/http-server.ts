/** Keys of systems that are spoken to by HTTP. */
import { secret, string } from '../../field.ts'
import { clientSsl, poolSize, serverKey, timeoutKey } from '../backends/connection.ts'

/** Connection to a server that is named by host and port. */
export function httpServer(defaultPort: number) {
  return {
    server: serverKey(defaultPort),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '15s'),
    pool_size: poolSize,
    ssl: clientSsl,
  } as const
}

/** Address of a server. */
export function httpUrl(example: string) {
  return string({
    text: 'Address of the server.',
    required: true,
    example,
    check: (text) =>
      /^https?:\/\/[^/?#\s@]+\/?$/.test(text) && URL.canParse(text)
        ? undefined
        : 'must be an address such as http://127.0.0.1:8080, without user and path',
  })
}

/** `username` */
export const username = string({ text: 'User who logs in.' })

/** `password` */
export const password = secret({
  text: 'Password of that user, or `file:///path` of a file that holds it.',
})
