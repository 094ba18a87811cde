import type { ClientRates } from '#broker/limits.ts'
import { parseAccessRule, parseBind } from '#config/fields/listener-checks.ts'
import type {
  MqttConfig,
  SslListenerConfig,
  TcpListenerConfig,
  TidewayConfig,
  WsListenerConfig,
  WssListenerConfig,
} from '#config/tideway-config.ts'
import type { Rate } from '#config/units.ts'
import { KEY_USAGES } from '#listeners/client-chain.ts'
import type { OcspOptions } from '#listeners/ocsp-staple.ts'
import type {
  ListenerOptions,
  ListenerType,
  TlsListenerOptions,
  WebSocketOptions,
} from '#listeners/listener-options.ts'
import type { KeepAlive } from '#net/acceptor.ts'
import type { PskOptions } from '#net/psk-file.ts'
import { readSecret } from './read-secret.ts'

/** The server certificate of listeners that name none. */
export interface CertificateFiles {
  readonly certfile: string
  readonly keyfile: string
}

/** What listeners take from elsewhere than their own configuration. */
export interface ListenerContext {
  readonly shardCount: number
  /** Limits of the clients of a zone. */
  readonly mqttOf: (zone: string) => Pick<MqttConfig, 'max_packet_size' | 'idle_timeout'>
  /** Where pre-shared keys stand; undefined: none are accepted. */
  readonly psk: PskOptions | undefined
  /** Makes the certificate for this host when the first listener needs it. */
  readonly developmentCertificate: () => CertificateFiles
}

type TlsConfig = SslListenerConfig['ssl_options']
type WebSocketConfig = WsListenerConfig['websocket']
type AnyListener = TcpListenerConfig &
  Partial<Pick<SslListenerConfig, 'ssl_options'>> &
  Partial<Pick<WssListenerConfig, 'websocket'>>

/** Longest time until a connection has asked for the WebSocket. */
const UPGRADE_TIMEOUT_MS = 10_000
/** Largest WebSocket message when the configuration sets no limit: many packets fit in. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024
const PACKET_HEADER_BYTES = 5

/** Where pre-shared keys stand; undefined when none are accepted. */
export function toPsk({ psk_authentication: psk }: TidewayConfig): PskOptions | undefined {
  const { enable, init_file: path, separator } = psk
  return enable && path !== undefined ? { path, separator } : undefined
}

/** Options of all enabled listeners, for one shard of `shardCount`. */
export function toListenerOptions(
  config: TidewayConfig,
  context: ListenerContext,
): readonly ListenerOptions[] {
  const types: readonly ListenerType[] = ['tcp', 'ssl', 'ws', 'wss']
  return types.flatMap((type) => {
    const listeners: Readonly<Record<string, AnyListener>> = config.listeners[type]
    return Object.entries(listeners)
      .filter(([, listener]) => listener.enable)
      .map(([name, listener]) => toOptions(type, name, listener, context))
  })
}

/** Options of one listener, enabled or not; undefined when the configuration has none. */
export function toListenerOption(
  config: TidewayConfig,
  id: string,
  context: ListenerContext,
): ListenerOptions | undefined {
  const [type = '', name = ''] = id.split(':')
  const types: readonly ListenerType[] = ['tcp', 'ssl', 'ws', 'wss']
  const known = types.find((one) => one === type)
  if (known === undefined) return undefined
  const listeners: Readonly<Record<string, AnyListener>> = config.listeners[known]
  const listener = listeners[name]
  return listener && toOptions(known, name, listener, context)
}

function toOptions(
  type: ListenerType,
  name: string,
  listener: AnyListener,
  context: ListenerContext,
): ListenerOptions {
  const { tcp_options: tcp, max_conn_rate: rate, max_conn_burst: burst } = listener
  const { host, port } = parseBind(listener.bind) ?? { host: '', port: 0 }
  const rules = listener.access_rules.map(parseAccessRule).filter((rule) => rule !== undefined)
  return {
    id: `${type}:${name}`,
    type,
    host,
    port,
    backlog: tcp.backlog,
    reusePort: context.shardCount > 1,
    connectionsMax: listener.max_connections,
    connectRate: perShard(rate, context),
    connectBurst: burst && perShard(burst, context),
    refuseAboveRate: listener.max_conn_rate_action === 'refuse',
    rates: toRates(listener),
    accessRules: rules,
    mountpoint: listener.mountpoint,
    zone: listener.zone,
    proxyProtocol: listener.proxy_protocol,
    proxyTimeoutMs: listener.proxy_protocol_timeout,
    noDelay: tcp.nodelay,
    keepAlive: parseKeepAlive(tcp.keepalive),
    sendTimeoutMs: tcp.send_timeout,
    tls: listener.ssl_options && toTls(listener.ssl_options, context),
    websocket: listener.websocket && toWebSocket(listener.websocket, context.mqttOf(listener.zone)),
  }
}

/** Every shard lets in its part. */
function perShard({ amount, intervalMs }: Rate, { shardCount }: ListenerContext): Rate {
  return { amount: amount / shardCount, intervalMs }
}

function toRates(listener: AnyListener): ClientRates | undefined {
  const { messages_rate: messages, bytes_rate: bytes } = listener
  const { messages_burst: messagesBurst, bytes_burst: bytesBurst } = listener
  const { rate_limit_action: action } = listener
  const isUnlimited = messages.amount === Infinity && bytes.amount === Infinity
  const hasChoices = messagesBurst !== undefined || bytesBurst !== undefined || action !== 'pause'
  if (isUnlimited && !hasChoices) return undefined
  const limited = (rate: Rate): Rate | undefined => (rate.amount === Infinity ? undefined : rate)
  return {
    messages: limited(messages),
    messagesBurst,
    bytes: limited(bytes),
    bytesBurst,
    action,
  }
}

function parseKeepAlive(text: string): KeepAlive | undefined {
  if (text === 'none') return undefined
  const [idleS = 0, intervalS = 0, count = 0] = text.split(',').map(Number)
  return { idleS, intervalS, count }
}

function toTls(tls: TlsConfig, context: ListenerContext): TlsListenerOptions {
  const { certfile, keyfile } = tls
  const own = certfile !== undefined && keyfile !== undefined ? { certfile, keyfile } : undefined
  return {
    psk: context.psk,
    files: {
      ...(own ?? context.developmentCertificate()),
      password: tls.password === undefined ? undefined : readSecret(tls.password),
      cacertfile: tls.cacertfile,
      crlfile: tls.enable_crl_check ? tls.crlfile : undefined,
      allowPartialChain: tls.partial_chain !== false,
      dhfile: tls.dhfile,
      versions: tls.versions,
      ciphers: tls.ciphers,
      honorCipherOrder: tls.honor_cipher_order,
      isPskOffered: context.psk !== undefined,
    },
    verifyPeer: tls.verify === 'verify_peer',
    clientChain: {
      depthMax: tls.depth,
      keyUsages: toKeyUsages(tls.verify_peer_ext_key_usage),
    },
    ocsp: toOcsp(tls.ocsp),
    serverNames: Object.entries(tls.server_names).map(([name, files]) => ({
      name,
      certfile: files.certfile,
      keyfile: files.keyfile,
      password: files.password === undefined ? undefined : readSecret(files.password),
    })),
    requirePeerCertificate: tls.fail_if_no_peer_cert,
    handshakeTimeoutMs: tls.handshake_timeout,
  }
}

function toOcsp(ocsp: TlsConfig['ocsp']): OcspOptions | undefined {
  const { responder_url: responderUrl, issuer_pem: issuerFile } = ocsp
  if (!ocsp.enable_ocsp_stapling || responderUrl === undefined || issuerFile === undefined) {
    return undefined
  }
  const { refresh_interval: refreshMs, refresh_http_timeout: timeoutMs } = ocsp
  return { responderUrl, issuerFile, refreshMs, timeoutMs }
}

/** OIDs of names such as `clientAuth` and of what is written as `OID:1.2.3`. */
function toKeyUsages(names: readonly string[]): readonly string[] {
  const known: Readonly<Record<string, string>> = KEY_USAGES
  return names.map((name) => known[name] ?? name.replace(/^OID:/, ''))
}

function toWebSocket(
  websocket: WebSocketConfig,
  limits: Pick<MqttConfig, 'max_packet_size' | 'idle_timeout'>,
): WebSocketOptions {
  const enough = Math.max(FRAME_BYTES_MAX, limits.max_packet_size + PACKET_HEADER_BYTES)
  return {
    path: websocket.mqtt_path,
    compress: websocket.compress,
    idleTimeoutMs: websocket.idle_timeout,
    frameBytesMax: Math.min(websocket.max_frame_size, enough),
    upgradeTimeoutMs: Math.min(UPGRADE_TIMEOUT_MS, limits.idle_timeout),
    requireSubprotocol: websocket.fail_if_no_subprotocol,
    subprotocols: websocket.supported_subprotocols,
    origins: websocket.check_origin_enable ? websocket.check_origins : undefined,
    allowMissingOrigin: websocket.allow_origin_absence,
    addressHeader: websocket.proxy_address_header,
    portHeader: websocket.proxy_port_header,
  }
}
