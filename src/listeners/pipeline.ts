/**
 * The way of a connection from the port to the broker core, stage by stage:
 *
 *   tcp   accept → admit → (PROXY header) ─────────────────────────────────→ wire → core
 *   ssl   accept → admit → (PROXY header) → TLS handshake ─────────────────→ wire → core
 *   ws    accept → admit → (PROXY header) ─────────────────→ HTTP upgrade ─→ wire → core
 *   wss   accept → admit → (PROXY header) → TLS handshake ─→ HTTP upgrade ─→ wire → core
 *
 * `admit` (listener.ts) looks at rate, address and number of connections. Every stage has a time
 * limit and leaves through `CloseBook`.
 */
import type { Socket } from 'node:net'
import type { Incoming } from '#net/acceptor.ts'
import { NO_RECEIVER } from '#net/net-wire.ts'
import { SocketWire } from '#net/socket-wire.ts'
import { WsWire } from '#net/ws-wire.ts'
import type { ListenerOptions } from './listener-options.ts'
import type { Listener } from './listener.ts'
import type { Peer } from './peer.ts'
import { readProxyFromSocket, readProxyFromWire } from './proxy-stage.ts'
import { TlsStage, type TlsStageTools } from './tls-stage.ts'
import { UpgradeStage } from './upgrade-stage.ts'

/** The stages behind `admit` of one listener. */
export interface Pipeline {
  /** Takes an admitted connection through all stages to `listener.connect`. */
  run(listener: Listener, incoming: Incoming, peer: Peer): void
  /**
   * Loads changed certificate files; true when there were any.
   * @throws TlsConfigError; the old ones stay in use then
   */
  reloadCertificates(): boolean
}

/**
 * Builds the stages of a listener.
 * @throws TlsConfigError
 */
export function makePipeline(options: ListenerOptions, tools: TlsStageTools): Pipeline {
  if (options.type === 'tcp') return { run: runTcp, reloadCertificates: () => false }
  const tls = options.tls && new TlsStage(options.tls, tools)
  const upgrade = options.websocket && new UpgradeStage(options.websocket)
  return {
    run: (listener, incoming, peer) => runSocket(listener, incoming, peer, tls, upgrade),
    reloadCertificates: () => tls?.reloadIfChanged() ?? false,
  }
}

function runTcp(listener: Listener, incoming: Incoming, peer: Peer): void {
  const wire = incoming.wire(listener.infoOf(peer), NO_RECEIVER)
  listener.trackWire(wire)
  if (!listener.options.proxyProtocol) return listener.connect(wire)
  readProxyFromWire(listener, wire, peer, (rest) => {
    listener.connect(wire)
    if (rest.length > 0) wire.receiver.receive(rest)
  })
}

function runSocket(
  listener: Listener,
  incoming: Incoming,
  peer: Peer,
  tls: TlsStage | undefined,
  upgrade: UpgradeStage | undefined,
): void {
  const socket = listener.track(incoming.socket())
  const handOn = (over: Socket, client: Peer): void => {
    const wire = new SocketWire(over, listener.infoOf(client), NO_RECEIVER)
    listener.connectOver(socket, wire)
  }
  const speakHttp = (over: Socket, client: Peer): void => {
    if (upgrade === undefined) return handOn(over, client)
    upgrade.accept(listener, over, client, (websocket, named) => {
      const wire = new WsWire(websocket, over, listener.infoOf(named), NO_RECEIVER)
      listener.connectOver(socket, wire)
    })
  }
  const speakTls = (client: Peer): void => {
    if (tls === undefined) speakHttp(socket, client)
    else tls.accept(listener, socket, client, speakHttp)
  }
  if (listener.options.proxyProtocol) readProxyFromSocket(listener, socket, peer, speakTls)
  else speakTls(peer)
}
