/** `opentelemetry.*`: numbers, log lines and traces for a collector. */
import { bool, duration, int, list, map, object, oneOf, percent, secret, string } from '../field.ts'
import type { Finding } from '../field.ts'
import { TIMER_MS_MAX } from '../units.ts'
import { clientSsl } from './backends/connection.ts'
import { LOG_LEVELS } from './log.ts'

const QUEUE_MAX = 1_000_000
const LIST_MAX = 1000
const HEADERS_MAX = 100

function checkEndpoint(text: string): string | undefined {
  if (/^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/.test(text) && URL.canParse(text)) return undefined
  return 'must be an address such as http://127.0.0.1:4317, without a user and a query'
}

const exporter = object(
  {
    endpoint: string({
      text:
        'Address of the collector. With `http_protobuf` `/v1/metrics`, `/v1/logs` or ' +
        '`/v1/traces` is appended.',
      check: checkEndpoint,
      default: 'http://localhost:4317',
      example: 'https://collector.example.org:4317',
    }),
    headers: map(secret({ text: 'Value of the header.' }), {
      text: 'Headers of every request, such as those by which the collector knows who sends.',
      keyLabel: 'name',
      keyPattern: /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
      entriesMax: HEADERS_MAX,
      default: {},
      example: { authorization: 'Bearer 8f3c' },
    }),
    protocol: oneOf(['grpc', 'http_protobuf'], {
      text: 'OTLP over gRPC (port 4317 as a rule), or over HTTP (port 4318).',
      default: 'grpc',
    }),
    compression: oneOf(['none', 'gzip'], {
      text: 'How requests are compressed. EMQX: `none`.',
      default: 'none',
    }),
    ssl_options: clientSsl,
  },
  { text: 'Where everything is sent.' },
)

const metrics = object(
  {
    enable: bool({ text: 'Export the numbers of `/prometheus/stats`.', default: false }),
    interval: duration({
      text: 'How often.',
      min: 100,
      max: TIMER_MS_MAX,
      default: '10s',
    }),
  },
  { text: 'Numbers.', aliases: { scheduled_delay: 'interval' } },
)

const logs = object(
  {
    enable: bool({ text: 'Export the log.', default: false }),
    level: oneOf(LOG_LEVELS, { text: 'Lines below this level are left out.', default: 'warning' }),
    scheduled_delay: delay('1s'),
    max_queue_size: queueSize('Lines'),
    exporting_timeout: exportingTimeout(),
  },
  { text: 'Log lines.' },
)

const endToEnd = object(
  {
    cluster_identifier: string({
      text: 'Attribute `cluster.id` of all spans.',
      lengthMax: 255,
      default: 'emqxcl',
    }),
    msg_trace_level: oneOf([0, 1, 2], {
      text:
        'Acknowledgements that have spans: `0` none, `1` those of QoS 1, `2` those of QoS 2 as ' +
        'well.',
      default: 0,
    }),
    clientid_match_rules_max: int({
      text: 'Client identifiers that `clientid_match_rules` may hold.',
      min: 1,
      max: LIST_MAX,
      default: 30,
    }),
    topic_match_rules_max: int({
      text: 'Filters that `topic_match_rules` may hold.',
      min: 1,
      max: LIST_MAX,
      default: 30,
    }),
    clientid_match_rules: list(string({ text: 'A client identifier.' }), {
      text: 'Clients of which everything is traced.',
      itemsMax: LIST_MAX,
      default: [],
    }),
    topic_match_rules: list(string({ text: 'A topic filter.' }), {
      text: 'Filters: messages and subscriptions of these topics are all traced.',
      itemsMax: LIST_MAX,
      default: [],
    }),
    sample_ratio: percent({
      text: 'Part of what happens that is traced, chosen by chance.',
      min: 0,
      max: 1,
      default: '10%',
    }),
    client_connect_disconnect: bool({ text: 'Trace connections.', default: false }),
    client_subscribe_unsubscribe: bool({ text: 'Trace subscriptions.', default: false }),
    client_messaging: bool({ text: 'Trace messages.', default: false }),
    trace_rule_engine: bool({
      text: 'Rules and their actions have spans in the traces of messages. EMQX: `false`.',
      default: true,
    }),
    follow_traceparent: bool({
      text:
        'Go on with the trace that a message carries in its user property `traceparent`; ' +
        'whether that is recorded is what its sender says.',
      default: true,
    }),
  },
  {
    text: 'What is traced in mode `e2e`.',
    aliases: { attribute_meta_value: 'cluster_identifier' },
    check: checkLists,
  },
)

const traces = object(
  {
    enable: bool({ text: 'Export traces.', default: false }),
    scheduled_delay: delay('5s'),
    max_queue_size: queueSize('Spans of each shard'),
    exporting_timeout: exportingTimeout(),
    filter: object(
      {
        trace_mode: oneOf(['legacy', 'e2e'], {
          text:
            '`legacy`: messages with a user property `traceparent`; `e2e`: what clients do, as ' +
            '`e2e_tracing_options` say.',
          default: 'legacy',
        }),
        trace_all: bool({ text: 'Mode `legacy`: trace all messages.', default: false }),
        e2e_tracing_options: endToEnd,
      },
      { text: 'What is traced.' },
    ),
  },
  { text: 'Traces.' },
)

export const opentelemetry = object(
  { exporter, metrics, logs, traces },
  { text: 'OpenTelemetry: numbers, log lines and traces for a collector.', hot: 'live' },
)

interface Lists {
  readonly clientid_match_rules: readonly string[]
  readonly clientid_match_rules_max: number
  readonly topic_match_rules: readonly string[]
  readonly topic_match_rules_max: number
}

function checkLists(lists: Lists): readonly Finding[] {
  return (['clientid_match_rules', 'topic_match_rules'] as const).flatMap((name) => {
    const max = lists[`${name}_max`]
    if (lists[name].length <= max) return []
    return [{ path: [name], message: `has more than ${max} entries, see ${name}_max` }]
  })
}

function delay(time: string) {
  return duration({
    text: 'Longest time that something waits before it is sent.',
    min: 10,
    max: TIMER_MS_MAX,
    default: time,
  })
}

function queueSize(what: string) {
  return int({
    text: `${what} that may wait; further ones are dropped and counted.`,
    min: 1,
    max: QUEUE_MAX,
    default: 2048,
  })
}

function exportingTimeout() {
  return duration({
    text: 'A request that takes longer has failed.',
    min: 100,
    max: TIMER_MS_MAX,
    default: '30s',
  })
}
