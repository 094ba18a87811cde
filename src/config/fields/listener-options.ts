/** Option groups shared by the listeners: TCP, TLS and WebSocket. */
import { bool, bytes, duration, int, list, map, object, oneOf, secret, string } from '../field.ts'
import type { Finding } from '../field.ts'
import { TIMER_MS_MAX } from '../units.ts'
import { checkKeepAlive } from './listener-checks.ts'

export const tcpOptions = object(
  {
    backlog: int({
      text: 'Connections that may wait to be accepted.',
      min: 1,
      max: 65_535,
      default: 1024,
    }),
    nodelay: bool({ text: 'Send small packets at once (TCP_NODELAY).', default: true }),
    keepalive: string({
      text: 'TCP keep-alive as `idle,interval,probes` (s, s, count), or `none`.',
      check: checkKeepAlive,
      patternText: '`none` or three numbers such as `240,30,5`',
      default: 'none',
      example: '240,30,5',
    }),
    send_timeout: duration({
      text: 'A connection that has taken nothing of what waits for it for this long is closed.',
      hot: 'live',
      words: ['infinity'],
      min: 1,
      default: '15s',
    }),
  },
  { text: 'TCP options.' },
)

/** What `KEY_USAGES` of the listeners names, or any object identifier. */
const KEY_USAGE =
  /^(?:serverAuth|clientAuth|codeSigning|emailProtection|timeStamping|ocspSigning|OID:\d[\d.]+)$/

interface ServerTls {
  readonly versions: readonly string[]
  readonly verify: string
  readonly cacertfile: string | undefined
}

interface TlsOptions extends ServerTls {
  readonly fail_if_no_peer_cert: boolean
  readonly enable_crl_check: boolean
  readonly crlfile: string | undefined
}

/** From newest to oldest; a TLS library is given the ends of a range. */
const TLS_VERSIONS = ['tlsv1.3', 'tlsv1.2', 'tlsv1.1', 'tlsv1'] as const

function checkServerTls(options: ServerTls): readonly Finding[] {
  const findings: Finding[] = []
  if (options.verify === 'verify_peer' && options.cacertfile === undefined) {
    findings.push({ path: ['cacertfile'], message: 'is needed when verify = verify_peer' })
  }
  const offered = TLS_VERSIONS.map((version) => options.versions.includes(version))
  const count = offered.filter(Boolean).length
  if (count === 0 || offered.lastIndexOf(true) - offered.indexOf(true) + 1 !== count) {
    const message = 'must name at least one version and leave none out in between'
    findings.push({ path: ['versions'], message })
  }
  return findings
}

function checkTls(options: TlsOptions): readonly Finding[] {
  const findings = [...checkServerTls(options)]
  if (options.fail_if_no_peer_cert && options.verify !== 'verify_peer') {
    const message = 'needs verify = verify_peer: no certificate is asked for otherwise'
    findings.push({ path: ['fail_if_no_peer_cert'], message })
  }
  if (options.enable_crl_check && options.crlfile === undefined) {
    const message = 'is needed when enable_crl_check = true: lists are not fetched by themselves'
    findings.push({ path: ['crlfile'], message })
  }
  return findings
}

interface Ocsp {
  readonly enable_ocsp_stapling: boolean
  readonly responder_url: string | undefined
  readonly issuer_pem: string | undefined
}

function checkOcsp(options: Ocsp): readonly Finding[] {
  if (!options.enable_ocsp_stapling) return []
  const message = 'is needed when enable_ocsp_stapling = true'
  const keys = ['responder_url', 'issuer_pem'] as const
  return keys.filter((key) => options[key] === undefined).map((key) => ({ path: [key], message }))
}

const ocsp = object(
  {
    enable_ocsp_stapling: bool({
      text: 'Show clients that ask for it what the authority says of `certfile` (OCSP stapling).',
      default: false,
    }),
    responder_url: string({
      text: 'Address of the responder of the authority.',
      pattern: /^https?:\/\/\S+$/,
      patternText: 'an address that begins with `http://` or `https://`',
      example: 'http://ocsp.example.com',
    }),
    issuer_pem: string({
      text: 'PEM file with the authority that signed `certfile`.',
      path: true,
      example: '${EMQX_ETC_DIR}/certs/cacert.pem',
    }),
    refresh_interval: duration({
      text: 'How often the answer is renewed, while clients ask for it.',
      min: 1000,
      default: '5m',
    }),
    refresh_http_timeout: duration({
      text: 'How long the responder may take.',
      min: 1,
      max: TIMER_MS_MAX,
      default: '15s',
    }),
  },
  { text: 'OCSP stapling.', check: checkOcsp },
)

/** What every server over TLS has. */
const serverTlsFields = {
  certfile: string({
    text:
      'PEM file with the certificate of the server, followed by its chain. Without it and ' +
      '`keyfile`, a certificate for trying out is made in `<data_dir>/certs`; give clients ' +
      '`ca.pem` of that folder as their authority.',
    path: true,
    example: '${EMQX_ETC_DIR}/certs/cert.pem',
  }),
  keyfile: string({
    text: 'PEM file with the private key of the server.',
    path: true,
    example: '${EMQX_ETC_DIR}/certs/key.pem',
  }),
  password: secret({
    text: 'Password of the private key, or `file:///path` of a file that holds it.',
  }),
  cacertfile: string({
    text: 'PEM file with the authorities that client certificates are checked against.',
    path: true,
    example: '${EMQX_ETC_DIR}/certs/cacert.pem',
  }),
  verify: oneOf(['verify_none', 'verify_peer'], {
    text: '`verify_peer` asks the client for a certificate and checks it.',
    default: 'verify_none',
  }),
  versions: list(oneOf(TLS_VERSIONS, { text: 'A TLS version.' }), {
    text: 'TLS versions offered. They must be neighbours: 1.3 and 1.1 without 1.2 is refused.',
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
  honor_cipher_order: bool({
    text: 'The server’s order of cipher suites counts, not the client’s.',
    default: true,
  }),
  handshake_timeout: duration({
    text: 'A TLS handshake that takes longer is given up.',
    min: 1,
    max: TIMER_MS_MAX,
    default: '15s',
  }),
}

/** TLS of the server for REST API and web interface. */
export const dashboardTls = object(serverTlsFields, { text: 'TLS.', check: checkServerTls })

/** Keys of `dashboardTls`. */
export const DASHBOARD_TLS_KEYS: readonly string[] = Object.keys(serverTlsFields)

export const sslOptions = object(
  {
    ...serverTlsFields,
    fail_if_no_peer_cert: bool({
      text: 'Refuse clients without a certificate. Needs `verify = verify_peer`.',
      default: false,
    }),
    depth: int({
      text: 'Authorities that may stand between the certificate of a client and a trusted one.',
      min: 0,
      max: 100,
      default: 10,
    }),
    partial_chain: bool({
      words: ['cacert_from_cacertfile', 'two_cacerts_from_cacertfile'],
      text:
        'Trust every certificate of `cacertfile`, so that chains may end at an authority that ' +
        'has not signed itself. The words of EMQX mean `true` here.',
      default: false,
    }),
    verify_peer_ext_key_usage: list(
      string({
        text: 'A usage: `clientAuth`, `serverAuth` and the like, or `OID:1.2.3`.',
        pattern: KEY_USAGE,
        patternText: 'a usage such as `clientAuth`, or `OID:1.2.3`',
      }),
      {
        text: 'Usages one of which the certificate of a client must be made for. Empty: any.',
        itemsMax: 20,
        commaSeparated: true,
        default: [],
        example: ['clientAuth'],
      },
    ),
    enable_crl_check: bool({
      text: 'Refuse clients whose certificate is revoked. Needs `crlfile`.',
      default: false,
    }),
    crlfile: string({
      text:
        'PEM file with the list of revoked certificates of every authority of the chain. It is ' +
        'read again when it changes. Not known to EMQX, which fetches the lists.',
      path: true,
      example: '${EMQX_ETC_DIR}/certs/crl.pem',
    }),
    ocsp,
    server_names: map(
      object(
        {
          certfile: string({ text: 'Certificate and its chain.', path: true, required: true }),
          keyfile: string({ text: 'Private key.', path: true, required: true }),
          password: secret({ text: 'Password of the key, or `file:///path` of its file.' }),
        },
        { text: 'The certificate of one host name.' },
      ),
      {
        text:
          'Certificates for clients that ask for these host names (SNI); `"*.example.com"` ' +
          'stands for one label. Others get `certfile`. Not known to EMQX.',
        keyLabel: 'host',
        keyPattern: /^(?:\*\.)?[0-9A-Za-z](?:[-.0-9A-Za-z]{0,250}[0-9A-Za-z])?$/,
        entriesMax: 1000,
        default: {},
      },
    ),
    dhfile: string({
      text: 'PEM file with Diffie-Hellman parameters. Absent: chosen by the TLS library.',
      path: true,
    }),
  },
  { text: 'TLS options.', hot: 'new-connections', check: checkTls },
)

export const websocketOptions = object(
  {
    mqtt_path: string({
      text: 'Path of MQTT over WebSocket.',
      pattern: /^\//,
      patternText: 'a path that starts with `/`',
      default: '/mqtt',
    }),
    compress: bool({
      text: 'Offer compression of frames (permessage-deflate).',
      default: false,
    }),
    idle_timeout: duration({
      text: 'A connection without any data for this long is closed.',
      words: ['infinity'],
      min: 1000,
      default: '7200s',
    }),
    max_frame_size: bytes({
      text:
        'Largest WebSocket message; it may hold several packets. `infinity`: 16MB, or the ' +
        'largest MQTT packet when that is more.',
      words: ['infinity'],
      min: 1,
      default: 'infinity',
    }),
    fail_if_no_subprotocol: bool({
      text: 'Refuse clients that name no supported subprotocol [MQTT-6.0.0-3].',
      default: true,
    }),
    supported_subprotocols: list(string({ text: 'A subprotocol.' }), {
      text: 'Subprotocols accepted.',
      itemsMax: 32,
      commaSeparated: true,
      default: 'mqtt, mqttv3.1, mqtt-v3, mqtt-v3.1.1, mqtt-v5',
    }),
    check_origin_enable: bool({
      text: 'Refuse browsers whose Origin is not in `check_origins`.',
      default: false,
    }),
    allow_origin_absence: bool({
      text: 'With `check_origin_enable`: accept clients that send no Origin.',
      default: true,
    }),
    check_origins: list(string({ text: 'An origin: scheme, host and port.' }), {
      text: 'Origins accepted when `check_origin_enable` is true.',
      itemsMax: 1000,
      commaSeparated: true,
      default: 'http://localhost:18083, http://127.0.0.1:18083',
    }),
    proxy_address_header: string({
      text: 'HTTP header in which a proxy on this host names the address of the client.',
      default: 'x-forwarded-for',
    }),
    proxy_port_header: string({
      text: 'HTTP header in which the same proxy names the port of the client.',
      default: 'x-forwarded-port',
    }),
  },
  { text: 'WebSocket options.', hot: 'new-connections' },
)
