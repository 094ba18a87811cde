import type { Consumer, Message, MessagesStream } from '@platformatic/kafka'
import { ask, clientOptions, explainIn, type KafkaSettings, loadKafka } from './kafka.ts'

/** What is consumed. */
export interface KafkaSubscription {
  readonly topic: string
  readonly groupId: string
  /** Name of the member: one that is new takes the place of the former one of that name. */
  readonly instanceId: string
  /** Bytes that a request fetches at most. */
  readonly fetchBytesMax: number
  /** Where a group begins that has no place yet. */
  readonly begin: 'latest' | 'earliest'
  /** How often the place is kept, in ms. */
  readonly commitIntervalMs: number
}

/** A message that came. */
export interface KafkaArrival {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | undefined
  readonly value: Buffer | undefined
  readonly headers: readonly (readonly [name: Buffer, value: Buffer])[]
}

/** A member of a consumer group. */
export interface KafkaMember {
  /** Why nothing comes any more; undefined: it runs. */
  readonly failure: Error | undefined
  /** Keeps the place and leaves the group. */
  close(): Promise<void>
}

/** A member that was not heard of for so long is taken for gone. */
const SESSION_MS = 30_000
const HEARTBEAT_MS = 3000
const REBALANCE_MS = 60_000
/** How long a server may wait for messages before it answers that there are none. */
const FETCH_WAIT_MS = 1000
/** Joining waits for the members that are there already. */
const JOIN_LIMIT_MS = REBALANCE_MS + SESSION_MS
/** Servers that are gone do not hold up a node that stops. */
const CLOSE_LIMIT_MS = 1000
const RETRIES_MAX = 3
const RETRY_MS = 250

/**
 * Joins a consumer group and reads. The place of a message is kept after `take` has returned.
 * @param lost called when nothing comes any more
 * @throws DriverError
 */
export async function joinKafkaGroup(
  settings: KafkaSettings,
  subscription: KafkaSubscription,
  take: (message: KafkaArrival) => void,
  lost: (reason: string) => void,
): Promise<KafkaMember> {
  const { Consumer: Client } = await loadKafka()
  const { topic, groupId, instanceId, fetchBytesMax, begin } = subscription
  const consumer = new Client({
    ...clientOptions(settings),
    groupId,
    groupInstanceId: instanceId,
    retries: RETRIES_MAX, // A coordinator that moves is no failure.
    retryDelay: RETRY_MS,
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_MS,
    autocommit: false,
  })
  try {
    const consuming = consumer.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: begin,
      autocommit: false,
      maxBytes: fetchBytesMax,
      maxBytesPerPartition: fetchBytesMax,
      maxWaitTime: FETCH_WAIT_MS,
    })
    const stream = await ask(settings, JOIN_LIMIT_MS, consuming)
    return new Member(consumer, stream, { settings, subscription, take, lost })
  } catch (error) {
    await consumer.close(true).catch(() => {})
    throw explainIn(settings, error)
  }
}

interface Reader {
  readonly settings: KafkaSettings
  readonly subscription: KafkaSubscription
  take(message: KafkaArrival): void
  lost(reason: string): void
}

class Member implements KafkaMember {
  readonly #consumer: Consumer
  readonly #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>
  readonly #reader: Reader
  /** The last message taken of each partition whose place is not kept yet. */
  readonly #taken = new Map<number, Message>()
  readonly #timer: NodeJS.Timeout
  #committing: Promise<void> | undefined
  #failure: Error | undefined
  #isClosing = false

  constructor(
    consumer: Consumer,
    stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>,
    reader: Reader,
  ) {
    this.#consumer = consumer
    this.#stream = stream
    this.#reader = reader
    stream.on('error', (error) => this.#failed(error))
    consumer.on('error' as never, (error: unknown) => this.#failed(error))
    stream.once('offsets', () => void this.#keepBegin())
    stream.on('data', (message) => {
      reader.take(arrivalOf(message))
      this.#taken.set(message.partition, message)
    })
    this.#timer = setInterval(() => void this.#commit(), reader.subscription.commitIntervalMs)
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) => {
      this.#failed(lastError ?? new Error('the group coordinator does not answer'))
    })
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#timer)
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, CLOSE_LIMIT_MS)
    await Promise.race([over, this.#leave()])
    clearTimeout(timer)
  }

  async #leave(): Promise<void> {
    if (this.#failure === undefined) await this.#commit()
    await this.#stream.close().catch(() => {})
    await this.#consumer.close(true).catch(() => {})
  }

  /** A group that is new keeps its place at once: what comes while it is away is not lost. */
  async #keepBegin(): Promise<void> {
    const { topic } = this.#reader.subscription
    const own = this.#consumer.assignments?.find((one) => one.topic === topic)
    const offsets = (own?.partitions ?? []).flatMap((partition) => {
      const offset = this.#stream.offsetsToFetch.get(`${topic}:${partition}`)
      return offset === undefined ? [] : [{ topic, partition, offset, leaderEpoch: -1 }]
    })
    if (offsets.length > 0) await this.#consumer.commit({ offsets }).catch(() => {})
  }

  async #commit(): Promise<void> {
    await this.#committing
    if (this.#taken.size === 0) return
    const taken = [...this.#taken]
    this.#taken.clear()
    this.#committing = Promise.all(taken.map(async ([, message]) => message.commit())).then(
      () => {},
      () => {
        // Kept next time, unless there is something newer.
        for (const [partition, message] of taken) {
          if (!this.#taken.has(partition)) this.#taken.set(partition, message)
        }
      },
    )
    await this.#committing
  }

  #failed(error: unknown): void {
    if (this.#failure !== undefined || this.#isClosing) return
    this.#failure = explainIn(this.#reader.settings, error)
    this.#reader.lost(this.#failure.message)
  }
}

function arrivalOf(message: Message): KafkaArrival {
  const { topic, partition, offset, timestamp, key, value, headerEntries } = message
  return {
    topic,
    partition,
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key: key ?? undefined,
    value: value ?? undefined,
    headers: headerEntries,
  }
}
