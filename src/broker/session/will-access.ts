import type { ConnectPacket } from '#codec/mqtt/connect.ts'
import { Access } from '../ports.ts'
import type { Broker } from '../shard/broker.ts'
import { isReserved, rewritePublish, withoutDelay } from '../topics/publish-topic.ts'
import { ConnectionState } from './connection.ts'
import type { Connection } from './connection.ts'

/**
 * Rewrites the topic of a will like that of any publish, and asks whether the client may publish
 * there. A will that it may not publish is left out, and logged; the client is let in.
 *
 * The question is asked at CONNECT because nobody can be asked later: the will may be sent after
 * a restart, when it is no longer known who the client was.
 * @param done gets the packet to go on with; not called when the client left meanwhile
 */
export function authorizeWill(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
  done: (packet: ConnectPacket) => void,
): void {
  const { will } = packet
  const { identity } = connection
  if (will === undefined || identity === undefined) {
    done(packet)
    return
  }
  const { core } = broker
  const { clientId, username } = identity
  const topic = rewritePublish(broker.rewriter, will.topic, { clientId, username })
  const decided = (allowed: boolean): void => {
    if (connection.state !== ConnectionState.CONNECTING) return // It left meanwhile.
    if (allowed && topic !== undefined) {
      done({ ...packet, will: { ...will, topic } })
      return
    }
    const facts = { clientid: clientId, topic: will.topic, reason: 'not authorized' }
    core.warnRepeated('will_left_out', facts)
    const { will: _, ...rest } = packet
    done(rest)
  }
  if (topic === undefined || isReserved(topic)) {
    decided(false)
    return
  }
  const asked = withoutDelay(will.topic)
  const decision = core.access.authorizePublish(identity, asked, will.qos, will.retain, decided)
  if (decision !== Access.PENDING) decided(decision === Access.ALLOW)
}
