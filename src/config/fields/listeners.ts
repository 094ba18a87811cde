/** `listeners.*`: where clients connect. */
import { bool, duration, int, list, map, object, rate, string } from '../field.ts'
import type { Finding } from '../field.ts'
import { sslOptions, tcpOptions, websocketOptions } from './listener-options.ts'
import { checkAccessRule, checkBind } from './listener-checks.ts'

/** Who may connect, how often, and how much a client may send. */
const limitFields = {
  max_connections: int({
    text: 'Connections open at a time.',
    hot: 'live',
    words: ['infinity'],
    min: 1,
    default: 'infinity',
  }),
  max_conn_rate: rate({
    text: 'New connections per time; more wait in the backlog.',
    of: 'items',
    hot: 'live',
    default: 'infinity',
    example: '1000/s',
  }),
  messages_rate: rate({
    text: 'PUBLISH packets one client may send per time. Reading pauses above it.',
    of: 'items',
    hot: 'new-connections',
    default: 'infinity',
    example: '500/s',
  }),
  bytes_rate: rate({
    text: 'Bytes one client may send per time. Reading pauses above it.',
    of: 'bytes',
    hot: 'new-connections',
    default: 'infinity',
    example: '1MB/10s',
  }),
}

const accessFields = {
  enable_authn: bool({
    words: ['quick_deny_anonymous'],
    text:
      '`false` lets every client in without authentication; `quick_deny_anonymous` refuses ' +
      'clients without a user name before any authenticator is asked.',
    hot: 'new-connections',
    default: true,
  }),
  access_rules: list(
    string({
      text: '`allow` or `deny`, then `all`, an address or a CIDR.',
      check: checkAccessRule,
    }),
    {
      text: 'Which addresses may connect. The first rule that covers the address decides.',
      hot: 'new-connections',
      itemsMax: 10_000,
      default: ['allow all'],
      example: ['deny 192.168.5.0/24', 'allow all'],
    },
  ),
  proxy_protocol: bool({
    text: 'Connections begin with a PROXY protocol header, version 1 or 2.',
    hot: 'new-connections',
    default: false,
  }),
  proxy_protocol_timeout: duration({
    text: 'A connection whose PROXY header has not come within this time is closed.',
    hot: 'new-connections',
    min: 1,
    default: '3s',
  }),
}

function commonFields<const Bind extends string>(bind: Bind) {
  return {
    enable: bool({ text: 'Whether the listener runs.', hot: 'live', default: true }),
    bind: string({
      text: 'Address and port, `[::]:1883` for IPv6, or a port alone for all IPv4 addresses.',
      check: checkBind,
      default: bind,
    }),
    acceptors: int({
      text:
        'Accepted so that existing files can be read. It has no effect: every shard thread ' +
        'accepts connections itself.',
      min: 1,
      default: 16,
    }),
    ...limitFields,
    mountpoint: string({
      text:
        'Prefix put before the topics of its clients and taken off on delivery. May hold ' +
        '`${clientid}`, `${username}` and `${client_attrs.<name>}`.',
      hot: 'new-connections',
      lengthMax: 65_535,
      default: '',
      example: 'tenant/${username}/',
    }),
    zone: string({
      text: 'Zone whose settings its clients get.',
      hot: 'new-connections',
      default: 'default',
    }),
    ...accessFields,
    tcp_options: tcpOptions,
  }
}

interface TlsListener {
  readonly enable: boolean
  readonly ssl_options: {
    readonly certfile: string | undefined
    readonly keyfile: string | undefined
  }
}

/** An enabled TLS listener without a certificate could accept nobody: said at load. */
function checkCertificate(listener: TlsListener): readonly Finding[] {
  if (!listener.enable) return []
  const { certfile, keyfile } = listener.ssl_options
  const missing = [certfile === undefined && 'certfile', keyfile === undefined && 'keyfile']
  return missing
    .filter((name) => name !== false)
    .map((name) => ({
      path: ['ssl_options', name],
      message: 'is needed by an enabled TLS listener (or set enable = false)',
    }))
}

const NAME = { keyLabel: 'name', keyPattern: /^[0-9A-Za-z][-_0-9A-Za-z]{0,254}$/, entriesMax: 100 }

const tcp = object(commonFields('0.0.0.0:1883'), { text: 'One TCP listener.' })
const ssl = object(
  { ...commonFields('0.0.0.0:8883'), ssl_options: sslOptions },
  { text: 'One TLS listener.', check: checkCertificate },
)
const ws = object(
  { ...commonFields('0.0.0.0:8083'), websocket: websocketOptions },
  { text: 'One WebSocket listener.' },
)
const wss = object(
  { ...commonFields('0.0.0.0:8084'), ssl_options: sslOptions, websocket: websocketOptions },
  { text: 'One listener of WebSocket over TLS.', check: checkCertificate },
)

export const listeners = object(
  {
    tcp: map(tcp, {
      ...NAME,
      text: 'MQTT over TCP. The listener `default` exists unless it is set to `null`.',
      default: { default: {} },
    }),
    ssl: map(ssl, { ...NAME, text: 'MQTT over TLS.', default: {} }),
    ws: map(ws, {
      ...NAME,
      text: 'MQTT over WebSocket. The listener `default` exists unless it is set to `null`.',
      default: { default: {} },
    }),
    wss: map(wss, { ...NAME, text: 'MQTT over WebSocket over TLS.', default: {} }),
  },
  {
    text:
      'Where clients connect. As long as no authenticator exists and `allow_anonymous` is ' +
      'false, only clients on this host are accepted, whatever the address.',
    hot: 'restart-listener',
  },
)
