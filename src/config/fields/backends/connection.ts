/** Keys that connections to other systems have in common. */
import { bool, duration, int, list, object, oneOf, secret, string } from '../../field.ts'
import type { Finding, Infer } from '../../field.ts'
import { parseServerAddress, parseServerAddresses } from './server-address.ts'

const POOL_SIZE_MAX = 1024
const TIMER_MS_MAX = 2_147_483_647
const TLS_VERSIONS = ['tlsv1.3', 'tlsv1.2', 'tlsv1.1', 'tlsv1'] as const

/** `pool_size` */
export const poolSize = int({
  text: 'Connections of this node, at most; they are shared out among its shards.',
  unit: 'connections',
  min: 1,
  max: POOL_SIZE_MAX,
  default: 8,
})

/** `server`, one address. */
export function serverKey(defaultPort: number) {
  return string({
    text: `Host and port of the server. Without a port: ${defaultPort}.`,
    required: true,
    example: `127.0.0.1:${defaultPort}`,
    check: (text) =>
      parseServerAddress(text, defaultPort) === undefined
        ? 'must be a host, or host:port'
        : undefined,
  })
}

/** `servers`, addresses with commas between them. */
export function serversKey(defaultPort: number) {
  return string({
    text: `Hosts and ports of the servers, separated by commas. Without a port: ${defaultPort}.`,
    required: true,
    example: `10.0.0.1:${defaultPort},10.0.0.2:${defaultPort}`,
    check: (text) =>
      parseServerAddresses(text, defaultPort) === undefined
        ? 'must be hosts, or host:port, with commas between them'
        : undefined,
  })
}

/** A time limit, such as `query_timeout`. */
export function timeoutKey<const D extends string>(text: string, standard: D) {
  return duration({ text, min: 1, max: TIMER_MS_MAX, default: standard })
}

/** `password` */
export const backendPassword = secret({
  text: 'Password of that user, or `file:///path` of a file that holds it.',
})

interface SslOptions {
  readonly certfile: string | undefined
  readonly keyfile: string | undefined
}

/** `ssl` of a connection that this node opens. */
export const clientSsl = object(
  {
    enable: bool({ text: 'Whether TLS is spoken.', default: false }),
    cacertfile: string({
      text:
        'PEM file with the authorities that the certificate of the server is checked against. ' +
        'Absent: those that Node.js brings.',
      path: true,
      example: '${EMQX_ETC_DIR}/certs/cacert.pem',
    }),
    certfile: string({
      text: 'PEM file with a certificate that this node shows, followed by its chain.',
      path: true,
    }),
    keyfile: string({ text: 'PEM file with the private key of `certfile`.', path: true }),
    password: secret({
      text: 'Password of the private key, or `file:///path` of a file that holds it.',
    }),
    verify: oneOf(['verify_peer', 'verify_none'], {
      text:
        '`verify_none` accepts whoever answers, so that passwords can be read by whoever is in ' +
        'between. The default is safer than that of EMQX 5, which is `verify_none`.',
      default: 'verify_peer',
    }),
    server_name_indication: string({
      text:
        'Name that the certificate must be valid for, when that is not the host. `disable`: any ' +
        'name will do.',
    }),
    versions: list(oneOf(TLS_VERSIONS, { text: 'A TLS version.' }), {
      text: 'TLS versions accepted, neighbours of each other.',
      itemsMax: 4,
      commaSeparated: true,
      default: ['tlsv1.3', 'tlsv1.2'],
    }),
    ciphers: list(string({ text: 'A cipher suite, by its OpenSSL or IANA name.' }), {
      text: 'Cipher suites offered, in order. Empty: the defaults of the TLS library.',
      itemsMax: 200,
      commaSeparated: true,
      default: [],
    }),
  },
  {
    text: 'TLS towards the server.',
    check: ({ certfile, keyfile }: SslOptions): readonly Finding[] =>
      (certfile === undefined) === (keyfile === undefined)
        ? []
        : [{ path: ['certfile'], message: 'and keyfile belong together: set both or none' }],
  },
)

/** The decoded value of `ssl`. */
export type ClientSslConfig = Infer<typeof clientSsl>
