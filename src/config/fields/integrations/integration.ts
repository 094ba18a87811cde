/** What every integration has in its configuration, and how one is described. */
import { bool, bytes, duration, int, list, object, oneOf, string, variant } from '../../field.ts'
import type { Field } from '../../field.ts'

type Fields = Readonly<Record<string, Field>>

/** How an integration has been proven to work. */
export type Proof =
  /** Tests run it against the real system. */
  | 'server'
  /** Tests run it against a stand-in written from the documents of its protocol. */
  | 'stand-in'

/** One kind of system that data can be exchanged with: names, texts and keys of all its parts. */
export interface IntegrationDescription<
  C extends Fields = Fields,
  A extends Field = Field,
  S extends Field = Field,
> {
  /** As in `connectors.<type>.<name>`, and in ids such as `http:orders`. */
  readonly type: string
  /** Name of the system for people. */
  readonly title: string
  /** What it does, in whole sentences. */
  readonly text: string
  readonly proof: Proof
  /** Keys of a connector, besides those that all connectors have. */
  readonly connector: C
  /** `parameters` of an action; undefined: nothing can be sent there. */
  readonly action?: A
  /** `parameters` of a source; undefined: nothing comes from there. */
  readonly source?: S
  /** Records that one request to the system carries at most, unless the owner says otherwise. */
  readonly batchSize?: number
}

/** Describes an integration; it needs one line in integrations.ts as well. */
export function describeIntegration<
  const C extends Fields,
  A extends Field = Field<never>,
  S extends Field = Field<never>,
>(description: IntegrationDescription<C, A, S>): IntegrationDescription<C, A, S> {
  return description
}

const NAME = /^[0-9A-Za-z][-_0-9A-Za-z]*$/
const NAME_CHARS_MAX = 255
const WORKERS_MAX = 1024
const BATCH_MAX = 10_000
const REPLAY_RATE_MAX = 1_000_000
const WINDOW_MAX = 65_535
const TIMER_MS_MAX = 2_147_483_647
const TAGS_MAX = 100
const FALLBACKS_MAX = 16

/** A name that connectors, actions and sources may have. */
export const INTEGRATION_NAME = new RegExp(`^(?=.{1,${NAME_CHARS_MAX}}$)${NAME.source.slice(1)}`)

const owned = {
  enable: bool({ text: 'Whether it is used.', default: true }),
  description: string({ text: 'Remarks of the owner.', lengthMax: 65_536, default: '' }),
  tags: list(string({ text: 'A word.' }), {
    text: 'Words to group by.',
    itemsMax: TAGS_MAX,
    default: [],
  }),
  created_at: int({ text: 'When it was made.', unit: 'ms since 1970', min: 0, default: 0 }),
  last_modified_at: int({
    text: 'When it was changed.',
    unit: 'ms since 1970',
    min: 0,
    default: 0,
  }),
} as const

const healthCheckInterval = duration({
  text: 'How often it is looked after, and the longest pause between attempts to get it back.',
  min: 100,
  max: TIMER_MS_MAX,
  default: '15s',
})

const connectorOptions = object(
  {
    health_check_interval: healthCheckInterval,
    health_check_timeout: duration({
      text: 'A sign of life that takes longer is none.',
      min: 100,
      max: TIMER_MS_MAX,
      default: '60s',
    }),
    start_after_created: bool({
      text: 'Connect when it is created. Otherwise when it is started by hand.',
      default: true,
    }),
    start_timeout: duration({
      text: 'How long a request that starts it waits for the connection.',
      min: 100,
      max: TIMER_MS_MAX,
      default: '5s',
    }),
  },
  { text: 'How the connection is kept.' },
)

/** The decoded `resource_opts` of a connector. */
export interface ConnectorOptions {
  readonly health_check_interval: number
  readonly health_check_timeout: number
  readonly start_after_created: boolean
  readonly start_timeout: number
}

const bufferOptions = {
  replay_rate: int({
    text:
      'What waited while the other side was away is sent at this rate at most, so that it is ' +
      'not overrun when it comes back. For the whole action; 0: as fast as it takes it.',
    unit: 'records/s',
    min: 0,
    max: REPLAY_RATE_MAX,
    default: 0,
  }),
  max_buffer_bytes: bytes({
    text: 'What one queue holds, in memory and on disk. The oldest record makes room.',
    min: 1024,
    default: '256MB',
  }),
  buffer_mode: oneOf(['memory', 'hybrid', 'disk'], {
    text:
      '`memory`: what waits is lost when the node ends. `hybrid`: what is more than a few ' +
      'megabytes goes to disk, and all of it when the node stops. `disk`: every record goes ' +
      'to disk first, so that a kill loses nothing.',
    default: 'hybrid',
  }),
} as const

function actionOptions(batchSize: number) {
  return object(
    {
      worker_pool_size: int({
        text:
          'Queues of an action. Records of one client keep to one queue; queues do not wait for ' +
          'each other. They are shared out among the shards, each of which has one at least.',
        unit: 'queues',
        min: 1,
        max: WORKERS_MAX,
        default: 16,
      }),
      health_check_interval: healthCheckInterval,
      query_mode: oneOf(['async', 'sync'], {
        text: '`sync`: a queue sends when the answer before has come: in order, and slower.',
        default: 'async',
      }),
      request_ttl: duration({
        text:
          'A record that was not delivered after this time is dropped. EMQX drops after 45 s; ' +
          'here nothing is dropped because the other side is away.',
        words: ['infinity'],
        min: 1,
        max: TIMER_MS_MAX,
        default: 'infinity',
      }),
      inflight_window: int({
        text:
          'Requests of one queue under way at the same time. With 1 the records of a client are ' +
          'delivered in order, also over failures.',
        unit: 'requests',
        min: 1,
        max: WINDOW_MAX,
        default: 100,
      }),
      batch_size: int({
        text: 'Records that one request carries at most.',
        unit: 'records',
        min: 1,
        max: BATCH_MAX,
        default: batchSize,
      }),
      max_batch_bytes: bytes({
        text: 'Bytes that one request carries at most, about; a record that has more goes alone.',
        min: 1,
        default: '4MB',
      }),
      batch_time: duration({
        text: 'How long a request waits to become full. With 0 it takes what is there.',
        min: 0,
        max: TIMER_MS_MAX,
        default: '0ms',
      }),
      ...bufferOptions,
    },
    { text: 'How records wait, are sent, and are tried again.' },
  )
}

/** The decoded `resource_opts` of an action. */
export interface ActionOptions {
  readonly worker_pool_size: number
  readonly health_check_interval: number
  readonly query_mode: 'async' | 'sync'
  readonly request_ttl: number
  readonly inflight_window: number
  readonly batch_size: number
  readonly max_batch_bytes: number
  readonly batch_time: number
  readonly replay_rate: number
  readonly max_buffer_bytes: number
  readonly buffer_mode: 'memory' | 'hybrid' | 'disk'
}

const fallback = variant(
  ['kind'],
  [
    object(
      {
        kind: oneOf(['reference'], { text: 'Another action.', required: true }),
        type: string({ text: 'Type of that action.', required: true }),
        name: string({ text: 'Name of that action.', required: true }),
      },
      { text: 'Hands the record to another action.' },
    ),
    object(
      {
        kind: oneOf(['republish'], { text: 'A message.', required: true }),
        args: object(
          {
            topic: string({
              text: 'Topic; may hold places such as `${clientid}`.',
              required: true,
            }),
            payload: string({
              text: 'Payload; empty: the record as JSON.',
              lines: true,
              default: '',
            }),
            qos: int({ text: 'QoS.', min: 0, max: 2, default: 1 }),
            retain: bool({ text: 'Retain flag.', default: false }),
          },
          { text: 'What is published.' },
        ),
      },
      { text: 'Publishes the record.' },
    ),
  ],
  { text: 'What is done with a record that the action could not deliver.' },
)

/** What is done with a record that an action could not deliver. */
export type FallbackConfig =
  | { readonly kind: 'reference'; readonly type: string; readonly name: string }
  | {
      readonly kind: 'republish'
      readonly args: {
        readonly topic: string
        readonly payload: string
        readonly qos: number
        readonly retain: boolean
      }
    }

/** What every connector, action and source has, decoded. */
export interface OwnedConfig {
  readonly enable: boolean
  readonly description: string
  readonly tags: readonly string[]
  readonly created_at: number
  readonly last_modified_at: number
}

/** A connector of any kind, decoded; its own keys stand beside these. */
export interface ConnectorConfig extends OwnedConfig {
  readonly resource_opts: ConnectorOptions
}

/** An action of any kind, decoded. */
export interface ActionConfig extends OwnedConfig {
  readonly connector: string
  readonly parameters: unknown
  readonly fallback_actions: readonly FallbackConfig[]
  readonly resource_opts: ActionOptions
}

/** A source of any kind, decoded. */
export interface SourceConfig extends OwnedConfig {
  readonly connector: string
  readonly parameters: unknown
  readonly resource_opts: { readonly health_check_interval: number }
}

function connectorKey() {
  return string({
    text: 'Name of a connector of the same type.',
    required: true,
    example: 'default',
  })
}

/** All keys of a connector of this kind. */
export function connectorFields({ title, text, connector }: IntegrationDescription) {
  return object(
    { ...owned, ...connector, resource_opts: connectorOptions },
    { text: `Connection to ${title}. ${text}` },
  )
}

/** All keys of an action of this kind. */
export function actionFields({ title, batchSize = 1 }: IntegrationDescription, parameters: Field) {
  return object(
    {
      ...owned,
      connector: connectorKey(),
      parameters,
      fallback_actions: list(fallback, {
        text: 'Tried in turn with a record that could not be delivered.',
        itemsMax: FALLBACKS_MAX,
        default: [],
      }),
      resource_opts: actionOptions(batchSize),
    },
    { text: `Sends the outputs of rules to ${title}.` },
  )
}

/** All keys of a source of this kind. */
export function sourceFields({ title }: IntegrationDescription, parameters: Field) {
  return object(
    {
      ...owned,
      connector: connectorKey(),
      parameters,
      resource_opts: object(
        { health_check_interval: healthCheckInterval },
        { text: 'How it is looked after.' },
      ),
    },
    { text: `Gives what comes from ${title} to the rules that read it.` },
  )
}
