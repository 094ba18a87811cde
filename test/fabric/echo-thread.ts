/** A shard thread that sends back every batch it receives, as it came, and counts them. */
import { workerData } from 'node:worker_threads'
import { type BusEnds, ShardBus } from '#fabric/shard/bus.ts'

const bus = new ShardBus(workerData as BusEnds)
bus.open((from, items) => {
  for (const item of items) {
    if (!Buffer.isBuffer(item)) {
      bus.send(from, item)
      continue
    }
    const writer = bus.writer(from)
    writer.ensure(item.length)
    writer.bytes.set(item, writer.offset)
    writer.offset += item.length
  }
  bus.flush()
})
