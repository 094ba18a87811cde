import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { Metric } from '../metrics.ts'
import { sendRelease } from '../session/acks.ts'
import type { Connection } from '../session/connection.ts'
import { sendOutgoing } from '../session/deliver.ts'
import { OutgoingState } from '../session/outgoing.ts'
import { forgetIncoming } from '../session/session-record.ts'
import type { Session } from '../session/session.ts'
import type { Broker } from './broker.ts'

/**
 * The two time limits of open message exchanges: `mqtt.retry_interval` sends again what a 3.x
 * client did not acknowledge (5.0 forbids it on a living connection [MQTT-4.4.0-1]), and
 * `mqtt.await_rel_timeout` gives up waiting for a PUBREL. Both are off by default.
 */
export class Retry {
  readonly #broker: Broker
  #nextMs: number

  constructor(broker: Broker) {
    this.#broker = broker
    this.#nextMs = 0
  }

  /** Looks at all connections, twice per interval. */
  run(): void {
    const { core } = this.#broker
    const intervalMs = this.#intervalMs()
    if (intervalMs === Number.POSITIVE_INFINITY || core.nowMs < this.#nextMs) return
    this.#nextMs = core.nowMs + intervalMs / 2
    for (const connection of core.connections) {
      const { session } = connection
      if (session === undefined) continue
      if (connection.version !== ProtocolVersion.V5) this.#resend(connection, session)
      this.#forget(session)
    }
  }

  /** The shortest of both limits in any zone; Infinity = there are none. */
  #intervalMs(): number {
    let shortestMs = Number.POSITIVE_INFINITY
    for (const { mqtt } of this.#broker.core.zones.all()) {
      shortestMs = Math.min(shortestMs, mqtt.retryIntervalMs, mqtt.awaitRelTimeoutMs)
    }
    return shortestMs
  }

  #resend(connection: Connection, session: Session): void {
    const { core } = this.#broker
    const before = core.nowMs - connection.zone.mqtt.retryIntervalMs
    for (const outgoing of session.inflight.values()) {
      if (outgoing.sentAtMs > before || connection.congested) continue
      if (outgoing.state === OutgoingState.SENT) sendOutgoing(core, session, connection, outgoing)
      else if (outgoing.state === OutgoingState.RELEASED) {
        outgoing.sentAtMs = core.nowMs
        sendRelease(core, connection, outgoing)
      }
    }
  }

  #forget(session: Session): void {
    const { core } = this.#broker
    const before = core.nowMs - session.zone.mqtt.awaitRelTimeoutMs
    for (const [packetId, receivedAtMs] of session.awaitingRel.entries()) {
      if (receivedAtMs > before) continue
      forgetIncoming(core.store, session, packetId)
      core.metrics.increment(Metric.MESSAGES_DROPPED_AWAIT_PUBREL_TIMEOUT)
      if (session.connection !== undefined) session.connection.traffic.unreleased++
    }
  }
}
