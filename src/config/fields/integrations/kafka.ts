/** `kafka_producer`, `kafka_consumer`, and services that speak the protocol of Kafka. */
import { bytes, duration, int, list, object, oneOf, secret, string, variant } from '../../field.ts'
import type { Infer } from '../../field.ts'
import { clientSsl, serversKey, timeoutKey } from '../backends/connection.ts'
import { describeIntegration } from './integration.ts'

export const KAFKA_PORT = 9092
/** Port of the Kafka endpoint of Azure Event Hubs. */
export const EVENT_HUBS_PORT = 9093

const TIMER_MS_MAX = 2_147_483_647
const HEADERS_MAX = 100
const PARTITIONS_MAX = 100_000
const REQUESTS_MAX = 1000
const BATCH_BYTES_MAX = 1024 * 1024 * 1024

function connectionKeys(port: number) {
  return {
    bootstrap_hosts: serversKey(port),
    connect_timeout: timeoutKey(
      'A connection that takes longer to open, login included, is given up.',
      '5s',
    ),
    min_metadata_refresh_interval: duration({
      text: 'After a failure the leaders of partitions are asked for again, this often at most.',
      min: 0,
      max: TIMER_MS_MAX,
      default: '3s',
    }),
    metadata_request_timeout: timeoutKey(
      'How long the servers may take to tell topics and their leaders.',
      '5s',
    ),
    health_check_topic: string({
      text: 'Topic that must be there for the connection to count as good.',
    }),
    ssl: clientSsl,
  } as const
}

const password = secret({
  text: 'Password of that user, or `file:///path` of a file that holds it.',
  required: true,
})

const login = variant(
  ['mechanism'],
  [
    object(
      { mechanism: oneOf(['none'], { text: 'No login.', default: 'none' }) },
      { text: 'The servers ask for no login.' },
    ),
    object(
      {
        mechanism: oneOf(['plain', 'scram_sha_256', 'scram_sha_512'], {
          text: 'SASL mechanism.',
          required: true,
        }),
        username: string({ text: 'User who logs in.', required: true }),
        password,
      },
      { text: 'A user with a password.' },
    ),
  ],
  { text: 'How this node logs in.', textKey: 'mechanism', example: 'none' },
)

const header = object(
  {
    kafka_ext_header_key: string({
      text: 'Name of the header; may hold places.',
      required: true,
      example: 'clientid',
    }),
    kafka_ext_header_value: string({
      text: 'Value of the header; may hold places.',
      required: true,
      example: '${clientid}',
    }),
  },
  { text: 'A header.' },
)

const message = object(
  {
    key: string({
      text: 'Key; may hold places. What is missing gives a message without key.',
      default: '${.clientid}',
    }),
    value: string({ text: 'Value; may hold places.', default: '${.}' }),
    timestamp: string({
      text: 'Time of the message in ms since 1970; may hold places. No number: the present time.',
      default: '${.timestamp}',
    }),
  },
  { text: 'What a message is made of.' },
)

const producerKeys = {
  topic: string({
    text: 'Topic; may hold places. Topics are not made by this node.',
    required: true,
    example: 'devices',
  }),
  message,
  max_linger_time: duration({
    text: 'How long a request waits for more messages.',
    min: 0,
    max: TIMER_MS_MAX,
    default: '0ms',
  }),
  max_linger_bytes: bytes({
    text: 'A request does not wait any longer once so much is there.',
    min: 1,
    default: '10MB',
  }),
  max_batch_bytes: bytes({
    text:
      'What a request carries at most, before it is compressed. Servers take 1 MB unless they ' +
      'are told otherwise.',
    min: 1,
    max: BATCH_BYTES_MAX,
    default: '896KB',
  }),
  partition_strategy: oneOf(['random', 'key_dispatch'], {
    text:
      '`random`: the messages of a batch go to one partition, that of the next batch to another. ' +
      '`key_dispatch`: messages with the same key go to the same partition, which is the one ' +
      'that the Java client of Kafka takes.',
    default: 'random',
  }),
  kafka_headers: string({
    text: 'A place that holds headers: an object, or a list of objects with `key` and `value`.',
    example: '${pub_props}',
  }),
  kafka_ext_headers: list(header, {
    text: 'Further headers.',
    itemsMax: HEADERS_MAX,
    default: [],
  }),
  kafka_header_value_encode_mode: oneOf(['none', 'json'], {
    text: '`json`: values of headers are written as JSON, texts in quotation marks.',
    default: 'none',
  }),
  partition_count_refresh_interval: duration({
    text: 'How old the known number of partitions of a topic may be.',
    min: 1,
    max: TIMER_MS_MAX,
    default: '60s',
  }),
  partitions_limit: int({
    text: 'Only so many partitions of a topic are used, the first ones.',
    unit: 'partitions',
    words: ['all_partitions'],
    min: 1,
    max: PARTITIONS_MAX,
    default: 'all_partitions',
  }),
  max_inflight: int({
    text:
      'Requests of a shard under way at the same time. With 1, and `inflight_window = 1`, the ' +
      'messages of a client keep their order in a partition, also over failures.',
    unit: 'requests',
    min: 1,
    max: REQUESTS_MAX,
    default: 10,
  }),
  query_mode: oneOf(['async', 'sync'], {
    text: '`sync`: a request is sent when the answer before has come, whatever `max_inflight` is.',
    default: 'async',
  }),
  sync_query_timeout: timeoutKey(
    'With `query_mode = sync`: an answer that takes longer is not waited for; sent again.',
    '5s',
  ),
} as const

const compression = oneOf(['no_compression', 'snappy', 'gzip'], {
  text: 'How messages are compressed.',
  default: 'no_compression',
})

const requiredAcks = oneOf(['all_isr', 'leader_only', 'none'], {
  text:
    'When a message counts as delivered: the leader and all replicas that are in sync have it, ' +
    'the leader has it, or it was sent. With `none` messages can be lost.',
  default: 'all_isr',
})

/** The decoded parameters of the actions; a service that lacks a key has its default. */
export type KafkaProducerConfig = Infer<(typeof kafkaProducer)['action'] & object>

/** The decoded keys of all connections. */
export type KafkaConnectionConfig = {
  readonly [K in keyof ReturnType<typeof connectionKeys>]: Infer<
    ReturnType<typeof connectionKeys>[K]
  >
}

export const kafkaProducer = describeIntegration({
  type: 'kafka_producer',
  title: 'Kafka',
  text: 'Produces messages to topics of Apache Kafka 0.11 and later, and of Redpanda.',
  proof: 'stand-in',
  connector: { ...connectionKeys(KAFKA_PORT), authentication: login },
  action: object(
    { ...producerKeys, compression, required_acks: requiredAcks },
    { text: 'What is produced.' },
  ),
  batchSize: 1000,
})

export const confluentProducer = describeIntegration({
  type: 'confluent_producer',
  title: 'Confluent',
  text: 'Produces messages to topics of Confluent Cloud, always over TLS.',
  proof: 'stand-in',
  connector: {
    ...connectionKeys(KAFKA_PORT),
    authentication: object(
      { username: string({ text: 'API key.', required: true }), password },
      { text: 'API key and its secret, sent by SASL PLAIN.' },
    ),
  },
  action: object(
    { ...producerKeys, compression, required_acks: requiredAcks },
    { text: 'What is produced.' },
  ),
  batchSize: 1000,
})

export const azureEventHubProducer = describeIntegration({
  type: 'azure_event_hub_producer',
  title: 'Azure Event Hubs',
  text: 'Produces messages to event hubs over their Kafka endpoint, always over TLS.',
  proof: 'stand-in',
  connector: {
    ...connectionKeys(EVENT_HUBS_PORT),
    authentication: object(
      {
        password: secret({
          text: 'Connection string of the namespace, or `file:///path` of a file that holds it.',
          required: true,
        }),
      },
      { text: 'How this node logs in.' },
    ),
  },
  action: object(
    {
      ...producerKeys,
      required_acks: oneOf(['all_isr', 'leader_only'], {
        text: 'When a message counts as delivered: all replicas have it, or the leader.',
        default: 'all_isr',
      }),
    },
    { text: 'What is produced.' },
  ),
  batchSize: 1000,
})

const encoding = (what: string) =>
  oneOf(['none', 'base64'], {
    text: `How rules get the ${what}: as it is, or as base64.`,
    default: 'none',
  })

export const kafkaConsumer = describeIntegration({
  type: 'kafka_consumer',
  title: 'Kafka',
  text: 'Consumes topics of Apache Kafka 0.11 and later, and of Redpanda, as a consumer group.',
  proof: 'stand-in',
  connector: { ...connectionKeys(KAFKA_PORT), authentication: login },
  source: object(
    {
      topic: string({ text: 'Topic that is consumed.', required: true, example: 'commands' }),
      group_id: string({
        text: 'Consumer group. Empty: `tideway-kafka-consumer:` and the name of the source.',
        default: '',
      }),
      max_batch_bytes: bytes({
        text: 'What a request fetches at most; a larger message comes alone.',
        min: 1,
        max: BATCH_BYTES_MAX,
        default: '896KB',
      }),
      offset_reset_policy: oneOf(['latest', 'earliest'], {
        text: 'Where a group begins that is new, or whose place is not kept any more.',
        default: 'latest',
      }),
      offset_commit_interval_seconds: duration({
        text: 'How often the place is kept that rules have come to.',
        min: 1,
        max: TIMER_MS_MAX,
        default: '5s',
      }),
      key_encoding_mode: encoding('key'),
      value_encoding_mode: encoding('value'),
    },
    { text: 'What is consumed.' },
  ),
})
