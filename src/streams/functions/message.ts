/** What the message or event at hand says of itself. */
import { matchesFilter } from '#broker/topics/filter-match.ts'
import { arg, defineFunction, type FunctionContext } from '#plugin/define-function.ts'
import { getKey, isMap, type Value } from '#plugin/value.ts'
import { getPath } from './map-path.ts'

function column(name: string, category: string, text: string, value: Value) {
  return defineFunction({
    name: category,
    category: 'message',
    arguments: [],
    result: 'any',
    text,
    examples: [{ sql: `${category}()`, given: { [name]: value }, gives: value }],
    callIn: (context) => context.column(name),
  })
}

function payloadAt(context: FunctionContext, path: string): Value {
  const payload = context.column('payload')
  return isMap(payload) ? getPath(payload, path) : undefined
}

/** Whether a list of `{topic, qos}` has an entry that fits. */
function containsTopic(
  filters: readonly Value[],
  qos: number | undefined,
  fits: (filter: string) => boolean,
): boolean {
  return filters.some((entry) => {
    const filter = isMap(entry) ? getKey(entry, 'topic') : entry
    if (typeof filter !== 'string' || !fits(filter)) return false
    return qos === undefined || (isMap(entry) && getKey(entry, 'qos') === qos)
  })
}

const FILTERS = { f: [{ topic: 't/#', qos: 1 }] }

export const messageFunctions = [
  column('id', 'msgid', 'The identifier that the broker gave the message.', '0006'),
  column('qos', 'qos', 'The QoS of the message.', 1),
  column('flags', 'flags', 'The flags of the message: retain, dup, sys.', { retain: true }),
  column('clientid', 'clientid', 'The client that published the message.', 'c1'),
  column('username', 'username', 'The user name of the client.', 'u1'),
  column('peerhost', 'clientip', 'The address of the client, without the port.', '10.0.0.1'),
  column('peerhost', 'peerhost', 'The address of the client, without the port.', '10.0.0.1'),
  column('payload', 'payload', 'The whole payload, as it came.', 'hello'),
  defineFunction({
    name: 'payload',
    category: 'message',
    arguments: [arg('path', 'string', 'Keys with dots between them.')],
    result: 'any',
    text: 'A value inside the payload, where the payload is a map already.',
    examples: [
      { sql: "payload('a.b')", given: { payload: { a: { b: 1 } } }, gives: 1 },
      { sql: "payload('a')", given: { payload: 'text' }, gives: undefined },
    ],
    callIn: payloadAt,
  }),
  defineFunction({
    name: 'flag',
    category: 'message',
    arguments: [arg('name', 'string')],
    result: 'any',
    text: 'One flag of the message.',
    examples: [{ sql: "flag('retain')", gives: false }],
    callIn: (context, name) => {
      const flags = context.column('flags')
      return isMap(flags) ? getPath(flags, name) : undefined
    },
  }),
  column('topic', 'topic', 'The topic of the message.', 't/a'),
  defineFunction({
    name: 'topic',
    category: 'message',
    arguments: [arg('n', 'integer', 'Counted from 1.')],
    result: 'string',
    text: 'One level of the topic. Fails when there are fewer.',
    examples: [
      { sql: 'topic(2)', given: { topic: 't/a/b' }, gives: 'a' },
      { sql: 'topic(4)', given: { topic: 't/a/b' }, fails: 'no level 4' },
    ],
    callIn: (context, n) => {
      const topic = context.column('topic')
      const level = typeof topic === 'string' && n > 0 ? topic.split('/')[n - 1] : undefined
      if (level === undefined) throw new RangeError(`the topic has no level ${n}`)
      return level
    },
  }),
  defineFunction({
    name: 'contains_topic',
    category: 'message',
    arguments: [
      arg('filters', 'list', 'Topics, or maps with `topic` and `qos`.'),
      arg('topic', 'string'),
    ],
    result: 'boolean',
    text: 'Whether a list of topics has just this topic.',
    examples: [
      { sql: "contains_topic(f, 't/#')", given: FILTERS, gives: true },
      { sql: "contains_topic(f, 't/1')", given: FILTERS, gives: false },
    ],
    call: (filters, topic) => containsTopic(filters, undefined, (one) => one === topic),
  }),
  defineFunction({
    name: 'contains_topic',
    category: 'message',
    arguments: [arg('filters', 'list'), arg('topic', 'string'), arg('qos', 'integer')],
    result: 'boolean',
    text: 'Whether a list of topics has just this topic with this QoS.',
    examples: [{ sql: "contains_topic(f, 't/#', 0)", given: FILTERS, gives: false }],
    call: (filters, topic, qos) => containsTopic(filters, qos, (one) => one === topic),
  }),
  defineFunction({
    name: 'contains_topic_match',
    category: 'message',
    arguments: [
      arg('filters', 'list', 'Filters, or maps with `topic` and `qos`.'),
      arg('topic', 'string'),
    ],
    result: 'boolean',
    text: 'Whether a filter of the list matches the topic.',
    examples: [
      { sql: "contains_topic_match(f, 't/1')", given: FILTERS, gives: true },
      { sql: "contains_topic_match(f, 'u/1')", given: FILTERS, gives: false },
    ],
    call: (filters, topic) =>
      containsTopic(filters, undefined, (filter) => matchesFilter(filter, topic)),
  }),
  defineFunction({
    name: 'contains_topic_match',
    category: 'message',
    arguments: [arg('filters', 'list'), arg('topic', 'string'), arg('qos', 'integer')],
    result: 'boolean',
    text: 'Whether a filter of the list with this QoS matches the topic.',
    examples: [{ sql: "contains_topic_match(f, 't/1', 1)", given: FILTERS, gives: true }],
    call: (filters, topic, qos) =>
      containsTopic(filters, qos, (filter) => matchesFilter(filter, topic)),
  }),
]
