import { getHeapStatistics } from 'node:v8'
import { type RigOptions, ShardRig } from './shard-rig.ts'

/** What a load on a shard costs. */
export interface RigCost {
  readonly messages: number
  readonly nsPerMessage: number
  /** Allocated by JavaScript, whether it was collected since or not. */
  readonly bytesPerMessage: number
}

/** Loads that stand for the hot path; a message is a delivery. */
export const RIGS: Readonly<Record<string, RigOptions>> = {
  'pair, QoS 0': {
    shape: 'pair',
    publishers: 50,
    subscribers: 50,
    qos: 0,
    payloadBytes: 64,
    burst: 20,
  },
  'pair, QoS 1': {
    shape: 'pair',
    publishers: 50,
    subscribers: 50,
    qos: 1,
    payloadBytes: 64,
    burst: 20,
  },
  'fan-out, QoS 0': {
    shape: 'fanout',
    publishers: 1,
    subscribers: 200,
    qos: 0,
    payloadBytes: 64,
    burst: 5,
  },
  'fan-out, QoS 1': {
    shape: 'fanout',
    publishers: 1,
    subscribers: 200,
    qos: 1,
    payloadBytes: 64,
    burst: 5,
  },
  'sparse, QoS 0': {
    shape: 'pair',
    publishers: 500,
    subscribers: 500,
    qos: 0,
    payloadBytes: 64,
    burst: 1,
  },
}

const ROUNDS = 10

/**
 * Runs a load until it is compiled, then measures so many messages: allocation over all of them,
 * time of the best of ten parts.
 * @throws an Error when messages are lost
 */
export function measureRig(options: RigOptions, messages: number): RigCost {
  const rig = new ShardRig(options)
  const { shape, publishers, subscribers, burst } = options
  const perTick = publishers * burst * (shape === 'pair' ? 1 : subscribers)
  const ticks = Math.ceil(messages / perTick / ROUNDS)
  run(rig, ticks * ROUNDS, perTick)
  const allocatedBefore = getHeapStatistics().total_allocated_bytes
  let bestUs = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const startedUs = clockUs()
    run(rig, ticks, perTick)
    bestUs = Math.min(bestUs, clockUs() - startedUs)
  }
  const allocated = getHeapStatistics().total_allocated_bytes - allocatedBefore
  const count = ticks * perTick
  return {
    messages: count * ROUNDS,
    nsPerMessage: (bestUs * 1000) / count,
    bytesPerMessage: allocated / (count * ROUNDS),
  }
}

function run(rig: ShardRig, ticks: number, perTick: number): void {
  for (let tick = 0; tick < ticks; tick++) {
    const delivered = rig.tick()
    if (delivered !== perTick) throw new Error(`${delivered} of ${perTick} messages were delivered`)
  }
}

const COPIES = 200_000
const PACKET_BYTES = 96
const TOPICS = 1024

/**
 * Time of a loop that does what any broker has to: look up a topic and copy a packet. The unit in
 * which costs are compared between machines, in ns.
 */
export function referenceNs(): number {
  const topics = new Map(Array.from({ length: TOPICS }, (_, n) => [`pair/${n}/data`, n]))
  const names = [...topics.keys()]
  const source = Buffer.alloc(PACKET_BYTES, 1)
  const target = Buffer.alloc(PACKET_BYTES * TOPICS)
  let sum = 0
  let bestUs = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const startedUs = clockUs()
    for (let n = 0; n < COPIES; n++) {
      const place = topics.get(names[n % TOPICS] ?? '') ?? 0
      source.copy(target, place * PACKET_BYTES)
      sum += place
    }
    bestUs = Math.min(bestUs, clockUs() - startedUs)
  }
  if (sum === 0) throw new Error('nothing was looked up')
  return (bestUs * 1000) / COPIES
}

/**
 * Time for what takes milliseconds and is repeated: the best of some rounds is one that no other
 * program interrupted. The CPU time of a thread goes in steps of 4 ms on some systems.
 */
export function clockUs(): number {
  return performance.now() * 1000
}

/** CPU time of this thread, for what takes long: other programs on the machine do not count. */
export function threadUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
