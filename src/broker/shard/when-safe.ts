import type { StoreFailure } from '../ports.ts'
import { PendingAck } from '../session/pending-ack.ts'
import type { Broker } from './broker.ts'

/**
 * Calls back once the message just published is as safe, here and in other shards, as an
 * acknowledgement asks for; perhaps at once.
 */
export function whenSafe({ core, links }: Broker, done: (failure?: StoreFailure) => void): void {
  const ack: PendingAck = new PendingAck({ drainAcks: () => done(ack.failure) }, 0, 0, 0, 1)
  if (core.routeNeedsCommit) core.awaitCommit(ack)
  links.awaitShards(ack, core.routeRemote)
  if (core.routeEarly) core.awaitEarly(ack)
  core.startTick()
  ack.waiting--
  if (ack.waiting === 0) done()
}
