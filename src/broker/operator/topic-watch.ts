import type { Message } from '../message.ts'

/** What happened to the messages of one topic, in this shard, since it is watched. */
export interface TopicCounts {
  readonly topic: string
  /** Messages that came in, by QoS. */
  readonly in: readonly [number, number, number]
  /** Messages given to subscribers, by the QoS they came with. */
  readonly out: readonly [number, number, number]
  /** Messages that nobody got. */
  readonly dropped: number
}

interface Counts {
  readonly in: [number, number, number]
  readonly out: [number, number, number]
  dropped: number
}

/** Counts the messages of some topics; the shard has one only while there are such topics. */
export class TopicWatch {
  readonly #counts = new Map<string, Counts>()

  /** Watches these topics and no others; counts of those it watches already go on. */
  set(topics: readonly string[]): void {
    const wanted = new Set(topics)
    for (const topic of this.#counts.keys()) if (!wanted.has(topic)) this.#counts.delete(topic)
    for (const topic of wanted) if (!this.#counts.has(topic)) this.reset(topic)
  }

  /** Counts from 0 again. */
  reset(topic: string): void {
    this.#counts.set(topic, { in: [0, 0, 0], out: [0, 0, 0], dropped: 0 })
  }

  /** A message entered the broker in this shard; `receivers` is 0 when nobody gets it. */
  published(message: Message, receivers: number): void {
    const counts = this.#counts.get(message.topic.topic)
    if (counts === undefined) return
    counts.in[message.qos]++
    if (receivers === 0) counts.dropped++
  }

  /** So many subscribers of this shard got it. */
  delivered(message: Message, receivers: number): void {
    const counts = this.#counts.get(message.topic.topic)
    if (counts !== undefined) counts.out[message.qos] += receivers
  }

  read(): readonly TopicCounts[] {
    return [...this.#counts].map(([topic, { in: came, out, dropped }]) => {
      return { topic, in: [...came], out: [...out], dropped }
    })
  }
}
