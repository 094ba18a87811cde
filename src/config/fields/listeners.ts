/** `listeners.*`: where clients connect. */
import { bool, duration, int, list, map, object, oneOf, rate, string } from '../field.ts'
import type { Finding } from '../field.ts'
import { TIMER_MS_MAX } from '../units.ts'
import { listenerAuthentication } from './authentication/authentication.ts'
import { sslOptions, tcpOptions, websocketOptions } from './listener-options.ts'
import { checkAccessRule, checkBind } from './listener-checks.ts'
import { checkMountpoint } from './topic-checks.ts'

/** How many may connect, and how often. */
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
  max_conn_burst: rate({
    text: 'New connections above `max_conn_rate` that are let in besides.',
    of: 'items',
    hot: 'live',
    example: '500/1m',
  }),
  max_conn_rate_action: oneOf(['wait', 'refuse'], {
    text:
      'What happens to new connections above `max_conn_rate`: they wait in the backlog, or are ' +
      'refused (CONNACK 0x9F). Not known to EMQX, where they wait.',
    hot: 'live',
    default: 'wait',
  }),
  messages_rate: rate({
    text: 'Messages that each client may send per time.',
    of: 'items',
    hot: 'new-connections',
    default: 'infinity',
    example: '1000/s',
  }),
  messages_burst: rate({
    text: 'Messages above `messages_rate` that each client may send besides.',
    of: 'items',
    hot: 'new-connections',
    example: '5000/1m',
  }),
  bytes_rate: rate({
    text: 'Bytes that each client may send per time.',
    of: 'bytes',
    hot: 'new-connections',
    default: 'infinity',
    example: '1MB/s',
  }),
  bytes_burst: rate({
    text: 'Bytes above `bytes_rate` that each client may send besides.',
    of: 'bytes',
    hot: 'new-connections',
    example: '10MB/1m',
  }),
  rate_limit_action: oneOf(['pause', 'refuse', 'disconnect'], {
    text:
      'What happens to a client above `messages_rate` or `bytes_rate`: it is read later, its ' +
      'messages are refused (0x97; QoS 0 is dropped), or its connection is ended (0x96). Not ' +
      'known to EMQX, which reads later.',
    hot: 'new-connections',
    default: 'pause',
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
  authentication: listenerAuthentication,
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
    max: TIMER_MS_MAX,
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
      hot: 'live',
      min: 1,
      default: 16,
    }),
    ...limitFields,
    mountpoint: string({
      text:
        'Prefix put before the topics of its clients and taken off on delivery. May hold ' +
        '`${clientid}`, `${username}` and `${client_attrs.<name>}`; a client that lacks one is ' +
        'refused.',
      hot: 'new-connections',
      check: checkMountpoint,
      lengthMax: 65_535,
      default: '',
      example: 'tenant/${username}/',
    }),
    zone: string({
      text: 'Zone whose settings hold for its clients, see `zones`.',
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
    readonly password: string | undefined
  }
}

/** Certificate and key belong together; without both there is the development certificate. */
function checkCertificate(listener: TlsListener): readonly Finding[] {
  const { certfile, keyfile, password } = listener.ssl_options
  const at = (name: string, message: string) => [{ path: ['ssl_options', name], message }]
  if (certfile !== undefined && keyfile === undefined) {
    return at('keyfile', 'is missing: `certfile` needs the key it was made with')
  }
  if (certfile === undefined && keyfile !== undefined) {
    return at('certfile', 'is missing: `keyfile` needs the certificate that was made with it')
  }
  if (password === undefined || keyfile !== undefined) return []
  return at('password', 'is of no use without `keyfile`')
}

const NAME = { keyLabel: 'name', keyPattern: /^[0-9A-Za-z][-_0-9A-Za-z]{0,254}$/, entriesMax: 100 }

const aliases = { enabled: 'enable' }
const tcp = object(commonFields('0.0.0.0:1883'), { text: 'One TCP listener.', aliases })
const ssl = object(
  { ...commonFields('0.0.0.0:8883'), ssl_options: sslOptions },
  { text: 'One TLS listener.', check: checkCertificate, aliases },
)
const ws = object(
  { ...commonFields('0.0.0.0:8083'), websocket: websocketOptions },
  { text: 'One WebSocket listener.', aliases },
)
const wss = object(
  { ...commonFields('0.0.0.0:8084'), ssl_options: sslOptions, websocket: websocketOptions },
  { text: 'One listener of WebSocket over TLS.', check: checkCertificate, aliases },
)

export const listeners = object(
  {
    tcp: map(tcp, {
      ...NAME,
      text: 'MQTT over TCP. The listener `default` exists unless it is set to `null`.',
      default: { default: {} },
    }),
    ssl: map(ssl, {
      ...NAME,
      text: 'MQTT over TLS. The listener `default` exists unless it is set to `null`.',
      default: { default: {} },
    }),
    ws: map(ws, {
      ...NAME,
      text: 'MQTT over WebSocket. The listener `default` exists unless it is set to `null`.',
      default: { default: {} },
    }),
    wss: map(wss, {
      ...NAME,
      text:
        'MQTT over WebSocket over TLS. The listener `default` exists unless it is set to ' +
        '`null`.',
      default: { default: {} },
    }),
  },
  {
    text:
      'Where clients connect. As long as no authenticator exists and `allow_anonymous` is ' +
      'false, only clients on this host are accepted, whatever the address.',
    hot: 'restart-listener',
  },
)
