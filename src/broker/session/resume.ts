import type { Broker } from '../shard/broker.ts'
import { sendRelease } from './acks.ts'
import type { Connection } from './connection.ts'
import { pump } from './deliver.ts'
import { OutgoingState } from './outgoing.ts'
import type { Session } from './session.ts'
import { subscribeForClient } from './subscribe.ts'

/** Shared by all: identifiers are only taken out. */
const NOTHING = new Set<number>()

/**
 * Brings a session to life on a new connection: what was not acknowledged is sent again in its
 * order with its packet identifiers [MQTT-4.4.0-1] [MQTT311-4.4.0-1], then the queue goes on.
 */
export function resumeSession(
  broker: Broker,
  connection: Connection,
  session: Session,
  isResumed: boolean,
): void {
  const { core, sessions } = broker
  sessions.setOnline(session, true)
  session.resend = []
  const { awaitingRel } = session
  if (awaitingRel.size > 0) connection.inheritedRel = new Set(awaitingRel.keys())
  else if (isResumed) connection.inheritedRel = NOTHING
  for (const outgoing of session.inflight.values()) {
    if (!session.queue.reload(outgoing)) session.inflight.delete(outgoing.packetId)
    else if (outgoing.state === OutgoingState.RELEASED) {
      sendRelease(core, connection, outgoing)
    } else if (outgoing.state === OutgoingState.SENT) session.resend.push(outgoing)
  }
  autoSubscribe(broker, connection, session)
  pump(core, session)
}

function autoSubscribe(broker: Broker, connection: Connection, session: Session): void {
  if (broker.autoSubscriber.size === 0) return
  const { info } = connection.wire
  const { clientId } = connection
  const client = {
    clientId,
    username: session.username,
    host: info.peerHost,
    port: info.localPort,
  }
  const wanted = broker.autoSubscriber.subscriptionsFor(client, connection.zone.mqtt)
  for (const subscription of wanted) {
    subscribeForClient(broker, connection, session, subscription)
  }
}
