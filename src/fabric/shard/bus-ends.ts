import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { BusEnds } from './bus.ts'
import { InFlight } from './in-flight.ts'

/** Makes the ways between `shardCount` shards: one `BusEnds` for each, to be sent to its thread. */
export function makeBusEnds(shardCount: number): readonly BusEnds[] {
  const inFlight = new SharedArrayBuffer(InFlight.bytesFor(shardCount))
  const ports = Array.from({ length: shardCount }, () =>
    Array.from({ length: shardCount }, (): MessagePort | undefined => undefined),
  )
  for (let one = 0; one < shardCount; one++) {
    for (let other = one + 1; other < shardCount; other++) {
      const { port1, port2 } = new MessageChannel()
      ports[one]?.splice(other, 1, port1)
      ports[other]?.splice(one, 1, port2)
    }
  }
  return ports.map((row, shard) => ({ shard, shardCount, ports: row, inFlight }))
}

/** The ports of one shard, to be moved to its thread. */
export function portsOf(ends: BusEnds): readonly MessagePort[] {
  return ends.ports.filter((port) => port !== undefined)
}
