import { secretOf, serversOf, tlsOf } from '#access/backends/driver-settings.ts'
import type { ConnectionContext } from '#access/backends/driver-settings.ts'
import type {
  KafkaConnectionConfig,
  KafkaProducerConfig,
} from '#config/fields/integrations/kafka.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { KafkaLogin, KafkaSettings } from '#drivers/kafka.ts'
import type { KafkaMessage, KafkaProducer, ProduceOptions } from '#drivers/kafka-producer.ts'
import type { ConnectorContext, Sink, WriteFault } from '#plugin/define-connector.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { compileTemplate, type Template } from '#streams/rules/template.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import { encodeJson } from '#streams/values/json.ts'
import { tracedHeaders } from '#streams/tracing/trace-context.ts'
import { toText } from '#streams/values/to-text.ts'
import { murmur2 } from './murmur2.ts'
import { ProduceQueue } from './produce-queue.ts'
import { bodyOf } from './templates.ts'

/** A request that takes longer is tried again. */
const REQUEST_TIMEOUT_MS = 30_000
/** What a message costs besides its key, value and headers, about. */
const MESSAGE_BYTES = 32
const RANDOM_MAX = 0x7f_ff_ff_ff

/** A record on its way. */
type Outgoing = KafkaMessage & { readonly bytes: number }

/** Keys of `authentication` that a user has. */
export interface WrittenLogin {
  readonly mechanism: 'none' | 'plain' | 'scram_sha_256' | 'scram_sha_512'
  readonly username?: string
  readonly password?: string
}

const MECHANISMS = {
  plain: 'PLAIN',
  scram_sha_256: 'SCRAM-SHA-256',
  scram_sha_512: 'SCRAM-SHA-512',
} as const

/**
 * Settings of a connection that the configuration describes.
 * @param isTls the service speaks nothing but TLS
 */
export function kafkaSettings(
  config: KafkaConnectionConfig,
  login: WrittenLogin,
  context: ConnectorContext,
  port: number,
  isTls = false,
): KafkaSettings {
  return {
    servers: serversOf(config.bootstrap_hosts, port),
    clientId: `${context.name}:${context.nodeName}:${context.shard}`,
    sasl: loginOf(login, context),
    connectTimeoutMs: config.connect_timeout,
    metadataTimeoutMs: config.metadata_request_timeout,
    refreshIntervalMs: config.min_metadata_refresh_interval,
    healthTopic: config.health_check_topic,
    tls: tlsOf(config.ssl, context, isTls),
  }
}

function loginOf(login: WrittenLogin, context: ConnectionContext): KafkaLogin | undefined {
  const { mechanism, username = '', password } = login
  if (mechanism === 'none') return undefined
  return {
    mechanism: MECHANISMS[mechanism],
    username,
    password: secretOf(password, context) ?? '',
  }
}

/** Produces the records of several queues in common requests. */
export async function kafkaSink(
  parameters: KafkaProducerConfig,
  producer: KafkaProducer,
): Promise<Sink> {
  const { topic, partition_count_refresh_interval: maxAgeMs } = parameters
  const topicOf = compileTemplate(topic)
  const isSync = parameters.query_mode === 'sync'
  const options: ProduceOptions = {
    acks: ACKS[parameters.required_acks],
    compression: COMPRESSIONS[parameters.compression],
    timeoutMs: isSync ? parameters.sync_query_timeout : REQUEST_TIMEOUT_MS,
  }
  const limits = {
    lingerMs: parameters.max_linger_time,
    lingerBytes: parameters.max_linger_bytes,
    requestBytesMax: parameters.max_batch_bytes,
    inflightMax: isSync ? 1 : parameters.max_inflight,
  }
  const queue = new ProduceQueue<Outgoing>(limits, (messages) => producer.send(messages, options))
  const messageOf = compileMessage(parameters)
  const isFixed = !topic.includes('${')
  if (isFixed && (await producer.partitionsOf(topic, 0)) === 0) {
    const text = `Kafka: the topic ${topic} is not there. Make the topic, or check its name`
    throw new DriverError('retryable', text)
  }
  /** For each lane, when its latest request stands in the queue, or has failed before. */
  const latest = new Map<number, Promise<void>>()
  return {
    async write(records, _, lane) {
      const topics = records.map((record) => topicOf.text(record))
      const before = latest.get(lane)
      const known = countPartitions(producer, new Set(topics), maxAgeMs)
      // Answers about topics may come in another order than they were asked for.
      const turn = Promise.allSettled([known, before])
      // Without the answers: each would keep those of all before it.
      latest.set(
        lane,
        turn.then(() => {}),
      )
      const [answer] = await turn
      if (answer.status === 'rejected') throw answer.reason
      const counts = answer.value
      const partitionOf = choosePartitions(parameters, counts)
      const messages: Outgoing[] = []
      const faults: WriteFault[] = []
      records.forEach((record, index) => {
        const name = topics[index] ?? ''
        if ((counts.get(name) ?? 0) > 0) {
          messages.push(messageOf(record, name, partitionOf))
          return
        }
        // A topic that no record can change may be made yet; others would hold up the rest.
        const kind = isFixed ? 'retryable' : 'fatal'
        faults.push({ index, kind, reason: `Kafka: the topic ${name} is not there` })
      })
      await queue.add(messages)
      return faults
    },
    close: () => queue.close(new DriverError('retryable', 'Kafka: the action was closed')),
  }
}

const ACKS = { all_isr: 'all', leader_only: 'leader', none: 'none' } as const
const COMPRESSIONS = { no_compression: 'none', snappy: 'snappy', gzip: 'gzip' } as const

async function countPartitions(
  producer: KafkaProducer,
  topics: Iterable<string>,
  maxAgeMs: number,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const topic of topics) counts.set(topic, await producer.partitionsOf(topic, maxAgeMs))
  return counts
}

type ChoosePartition = (topic: string, key: Buffer | undefined) => number

/** A partition for each message; by chance it is the same for all of one topic. */
function choosePartitions(
  { partition_strategy: strategy, partitions_limit: limit }: KafkaProducerConfig,
  counts: ReadonlyMap<string, number>,
): ChoosePartition {
  const chance = Math.floor(Math.random() * RANDOM_MAX)
  return (topic, key) => {
    const count = counts.get(topic) ?? 1
    const used = limit === 'all_partitions' ? count : Math.min(limit, count)
    const isByKey = strategy === 'key_dispatch' && key !== undefined
    return (isByKey ? murmur2(key) : chance) % used
  }
}

function compileMessage(parameters: KafkaProducerConfig) {
  const { key, value, timestamp } = parameters.message
  const keyOf = compileTemplate(key, textOf)
  const valueOf = bodyTemplate(value)
  const timestampOf = compileTemplate(timestamp)
  const headersOf = compileHeaders(parameters)
  return (record: ValueMap, topic: string, partitionOf: ChoosePartition): Outgoing => {
    const keyBytes = bytesOf(keyOf, record)
    const body = Buffer.from(bodyOf(valueOf, record))
    const headers = tracedHeaders(record, headersOf(record))
    const headerBytes = headers.reduce((sum, [name, text]) => sum + name.length + text.length, 0)
    const found = Number(timestampOf.text(record))
    return {
      topic,
      partition: partitionOf(topic, keyBytes.length === 0 ? undefined : keyBytes),
      key: keyBytes.length === 0 ? undefined : keyBytes,
      value: body,
      timestampMs: Number.isSafeInteger(found) && found >= 0 ? found : undefined,
      headers,
      bytes: MESSAGE_BYTES + keyBytes.length + body.length + headerBytes,
    }
  }
}

function textOf(value: Value): string {
  return value === undefined || value === null ? '' : toText(value)
}

function bytesOf(template: Template, record: ValueMap): Buffer {
  const value = template.value(record)
  return Buffer.isBuffer(value) ? value : Buffer.from(template.text(record))
}

type Headers = KafkaMessage['headers']

function compileHeaders(parameters: KafkaProducerConfig): (record: ValueMap) => Headers {
  const { kafka_headers: place = '', kafka_ext_headers: further } = parameters
  const isJson = parameters.kafka_header_value_encode_mode === 'json'
  const written = (value: Value): string => (isJson ? encodeJson(value) : textOf(value))
  const given = place === '' ? undefined : compileTemplate(place)
  const own = further.map((one) => {
    const { kafka_ext_header_key: name, kafka_ext_header_value: value } = one
    return [compileTemplate(name, textOf), compileTemplate(value, textOf)] as const
  })
  if (given === undefined && own.length === 0) return () => []
  return (record) => {
    const pairs = pairsOf(given?.value(record)).map(([name, value]) => {
      return [name, written(value)] as const
    })
    const more = own.map(([name, value]) => {
      return [name.text(record), written(value.value(record))] as const
    })
    return [...pairs, ...more]
  }
}

/** An object, or a list of objects with `key` and `value`; anything else has no headers. */
function pairsOf(value: Value): readonly (readonly [string, Value])[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: Value) => {
      const { key, value: text } = (asMap(item) ?? {}) as { key?: Value; value?: Value }
      return key === undefined ? [] : [[textOf(key), text] as const]
    })
  }
  return Object.entries(asMap(value) ?? {})
}

function asMap(value: Value): ValueMap | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return Array.isArray(value) || Buffer.isBuffer(value) ? undefined : (value as ValueMap)
}
