import { isUtf8 } from 'node:buffer'
import { KAFKA_PORT, kafkaConsumer } from '#config/fields/integrations/kafka.ts'
import { joinKafkaGroup, type KafkaArrival, type KafkaMember } from '#drivers/kafka-consumer.ts'
import { type KafkaProducer, openKafkaProducer } from '#drivers/kafka-producer.ts'
import type { KafkaSettings } from '#drivers/kafka.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { kafkaSettings } from '../kafka-sink.ts'

/** A cluster that answers, and the groups that were joined. */
interface Cluster {
  /** Asks for signs of life. */
  readonly link: KafkaProducer
  readonly settings: KafkaSettings
  readonly members: Set<KafkaMember>
}

type Encoding = 'none' | 'base64'

/** `kafka_consumer`: messages of topics of Kafka. */
export default defineConnector({
  description: kafkaConsumer,
  async open(config, context): Promise<Cluster> {
    const settings = kafkaSettings(config, config.authentication, context, KAFKA_PORT)
    return { link: await openKafkaProducer(settings), settings, members: new Set() }
  },
  async check({ link, members }) {
    for (const { failure } of members) if (failure !== undefined) throw failure
    await link.check()
  },
  close: ({ link }) => link.close(),
  source: {
    sample: {
      key: 'device-1',
      value: '{"on":true}',
      topic: 'commands',
      partition: 0,
      offset: 42,
      ts: 1_645_002_753_259,
      ts_type: 'create',
      headers: {},
    },
    async open(parameters, { settings, members }, context) {
      const { topic, group_id: group } = parameters
      const subscription = {
        topic,
        groupId: group === '' ? `tideway-kafka-consumer:${context.name}` : group,
        fetchBytesMax: parameters.max_batch_bytes,
        // A member that connects again takes the place of its former self at once.
        instanceId: `${context.nodeName}:${context.name}`,
        begin: parameters.offset_reset_policy,
        commitIntervalMs: parameters.offset_commit_interval_seconds,
      }
      const { key_encoding_mode: keyMode, value_encoding_mode: valueMode } = parameters
      const take = (message: KafkaArrival): void => {
        context.emit(recordOf(message, keyMode, valueMode))
      }
      const member = await joinKafkaGroup(settings, subscription, take, context.lost)
      members.add(member)
      return {
        async close() {
          members.delete(member)
          await member.close()
        },
      }
    },
  },
})

function recordOf(message: KafkaArrival, keyMode: Encoding, valueMode: Encoding): ValueMap {
  const { topic, partition, offset, timestampMs, headers } = message
  return {
    key: shown(message.key, keyMode),
    value: shown(message.value, valueMode),
    topic,
    partition,
    offset,
    ts: timestampMs,
    ts_type: 'create',
    headers: Object.fromEntries(
      headers.map(([name, value]) => [name.toString('utf8'), shown(value, 'none')]),
    ),
  }
}

function shown(bytes: Buffer | undefined, encoding: Encoding): string | Buffer {
  if (bytes === undefined) return ''
  if (encoding === 'base64') return bytes.toString('base64')
  return isUtf8(bytes) ? bytes.toString('utf8') : Buffer.from(bytes)
}
