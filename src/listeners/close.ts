/**
 * The one way the host closes a connection that is not, or not yet, the broker core's to close:
 * every cause has a name, a counter and a log line.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Log, WireInfo } from '#broker/ports.ts'
import type { Incoming } from '#net/acceptor.ts'
import { formatAddress } from '#net/ip-address.ts'
import type { NetWire } from '#net/net-wire.ts'

/** Why the host closed or refused a connection. */
export const CloseReason = {
  ACCESS_RULES: 'access_rules',
  MAX_CONNECTIONS: 'max_connections',
  CONNECT_RATE: 'connect_rate',
  OVERLOAD: 'overload',
  PROXY_TIMEOUT: 'proxy_timeout',
  PROXY_MALFORMED: 'proxy_malformed',
  TLS_FAILED: 'tls_failed',
  TLS_CLIENT_CERTIFICATE: 'tls_client_certificate',
  UPGRADE_TIMEOUT: 'upgrade_timeout',
  UPGRADE_REFUSED: 'upgrade_refused',
  SEND_TIMEOUT: 'send_timeout',
  IDLE_TIMEOUT: 'idle_timeout',
  ACCEPT_FAILED: 'accept_failed',
  LISTENER_STOPPED: 'listener_stopped',
} as const
export type CloseReason = (typeof CloseReason)[keyof typeof CloseReason]

/** A connection in whatever form it has at that stage. */
export type Closable =
  | Pick<Incoming, 'refuse'>
  | Pick<Socket, 'destroySoon'>
  | Pick<NetWire<WireInfo>, 'destroy'>

/** One reason is logged once in this time; the line after it says how many were left out. */
const LOG_WINDOW_MS = 60_000

interface ReasonState {
  count: number
  loggedAtMs: number
  suppressed: number
}

/** Closes a socket of which there is nothing to tell: its peer has gone. */
export function dropSocket(socket: Duplex): void {
  socket.destroy()
}

/** Counts and logs the closes of one listener. */
export class CloseBook {
  readonly #listener: string
  readonly #log: Log
  readonly #nowMs: () => number
  readonly #reasons = new Map<CloseReason, ReasonState>()

  constructor(listener: string, log: Log, nowMs: () => number) {
    this.#listener = listener
    this.#log = log
    this.#nowMs = nowMs
  }

  /** Closes `target` for a reason; `detail` says more to the owner. */
  close(
    target: Closable,
    reason: CloseReason,
    peer: { readonly host: string; readonly port: number },
    detail?: string,
  ): void {
    if ('refuse' in target) target.refuse()
    else if ('destroySoon' in target) target.destroySoon()
    else target.destroy()
    this.note(reason, { peername: formatAddress(peer.host, peer.port) }, detail)
  }

  /** Counts and logs a close that has happened. */
  note(reason: CloseReason, facts: Record<string, unknown>, detail?: string): void {
    const state = this.#stateOf(reason)
    state.count += 1
    const nowMs = this.#nowMs()
    if (nowMs - state.loggedAtMs < LOG_WINDOW_MS) {
      state.suppressed += 1
      return
    }
    this.#log.warn('connection_closed_by_listener', {
      listener: this.#listener,
      reason,
      ...facts,
      ...(detail !== undefined && { detail }),
      ...(state.suppressed > 0 && { suppressed: state.suppressed }),
    })
    state.loggedAtMs = nowMs
    state.suppressed = 0
  }

  /** How often each reason occurred. */
  counts(): Partial<Record<CloseReason, number>> {
    return Object.fromEntries([...this.#reasons].map(([reason, { count }]) => [reason, count]))
  }

  #stateOf(reason: CloseReason): ReasonState {
    const known = this.#reasons.get(reason)
    if (known !== undefined) return known
    const fresh = { count: 0, loggedAtMs: Number.NEGATIVE_INFINITY, suppressed: 0 }
    this.#reasons.set(reason, fresh)
    return fresh
  }
}
