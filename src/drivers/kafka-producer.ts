import type { Message, Producer } from '@platformatic/kafka'
import {
  ask,
  checkBrokers,
  clientOptions,
  explainIn,
  isUnknownTopic,
  type KafkaSettings,
  loadKafka,
} from './kafka.ts'

/** A message to produce. */
export interface KafkaMessage {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | undefined
  readonly value: Buffer
  /** Undefined: the present time. */
  readonly timestampMs: number | undefined
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** How messages are produced. */
export interface ProduceOptions {
  readonly acks: 'all' | 'leader' | 'none'
  readonly compression: 'none' | 'gzip' | 'snappy'
  readonly timeoutMs: number
}

/** Connections to the servers of a cluster. */
export interface KafkaProducer {
  /**
   * How many partitions a topic has; 0: there is no such topic.
   * @param maxAgeMs how old the answer may be
   * @throws DriverError
   */
  partitionsOf(topic: string, maxAgeMs: number): Promise<number>
  /**
   * Produces messages, those of a partition in order.
   * @throws DriverError when one of them was not taken
   */
  send(messages: readonly KafkaMessage[], options: ProduceOptions): Promise<void>
  /** @throws DriverError when no server answers, or a topic is not there */
  check(): Promise<void>
  close(): Promise<void>
}

const ACKS = { all: -1, leader: 1, none: 0 } as const

/**
 * Connects to a cluster of Kafka.
 * @throws DriverError
 */
export async function openKafkaProducer(settings: KafkaSettings): Promise<KafkaProducer> {
  const { Producer: Client } = await loadKafka()
  const producer = new Client({ ...clientOptions(settings), repeatOnStaleMetadata: true })
  const link = new Link(producer, settings)
  try {
    await link.check()
    return link
  } catch (error) {
    await link.close()
    throw error
  }
}

class Link implements KafkaProducer {
  readonly #producer: Producer
  readonly #settings: KafkaSettings
  #refreshedMs = -Infinity

  constructor(producer: Producer, settings: KafkaSettings) {
    this.#producer = producer
    this.#settings = settings
  }

  async partitionsOf(topic: string, maxAgeMs: number): Promise<number> {
    const request = this.#producer.metadata({ topics: [topic], metadataMaxAge: maxAgeMs })
    const known = request.catch((error: unknown) => {
      if (isUnknownTopic(error)) return undefined
      throw error
    })
    const metadata = await ask(this.#settings, this.#settings.metadataTimeoutMs, known)
    return metadata?.topics.get(topic)?.partitionsCount ?? 0
  }

  async send(messages: readonly KafkaMessage[], options: ProduceOptions): Promise<void> {
    const request = this.#producer.send({
      messages: messages.map(toLibrary),
      acks: ACKS[options.acks],
      compression: options.compression,
    })
    try {
      await ask(this.#settings, options.timeoutMs, request)
    } catch (error) {
      this.#refresh()
      throw explainIn(this.#settings, error)
    }
  }

  async check(): Promise<void> {
    const { healthTopic, metadataTimeoutMs } = this.#settings
    const topics = healthTopic === undefined ? [] : [healthTopic]
    const request = this.#producer.metadata({ topics, forceUpdate: true })
    const { brokers } = await ask(this.#settings, metadataTimeoutMs, request)
    checkBrokers(
      this.#settings,
      brokers
        .values()
        .map(({ host }) => host)
        .toArray(),
    )
  }

  async close(): Promise<void> {
    await this.#producer.close(true).catch(() => {})
  }

  /** Leaders may have changed. */
  #refresh(): void {
    const nowMs = performance.now()
    if (nowMs - this.#refreshedMs < this.#settings.refreshIntervalMs) return
    this.#refreshedMs = nowMs
    this.#producer.clearMetadata()
  }
}

type ToProduce = Pick<Message, 'topic' | 'partition'> &
  Partial<Pick<Message, 'key' | 'value' | 'timestamp' | 'headers'>>

function toLibrary(message: KafkaMessage): ToProduce {
  const { topic, partition, key, value, timestampMs, headers } = message
  return {
    topic,
    partition,
    value,
    ...(key !== undefined && { key }),
    ...(timestampMs !== undefined && { timestamp: BigInt(timestampMs) }),
    ...(headers.length > 0 && {
      headers: new Map(headers.map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    }),
  }
}
