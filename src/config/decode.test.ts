import { test } from 'node:test'
import assert from 'node:assert/strict'
import { decode, formatProblem } from './decode.ts'
import { encode, redact, REDACTED, secretFile } from './encode.ts'
import type { Infer } from './field.ts'
import * as field from './field.ts'
import { parseHocon } from './hocon/resolve.ts'
import { nodeAt } from './hocon/value.ts'

const text = 'For the test.'

const fields = field.object(
  {
    on: field.bool({ text, default: true }),
    count: field.int({ text, min: 1, max: 10, words: ['infinity', 'auto'], default: 3 }),
    factor: field.number({ text, default: 1.5 }),
    level: field.percent({ text, max: 1, default: '80%' }),
    wait: field.duration({ text, min: 1000, words: ['disabled'], default: '15s' }),
    size: field.bytes({ text, words: ['infinity'], default: 'infinity' }),
    speed: field.rate({ text, of: 'bytes', default: '1MB/10s' }),
    mode: field.oneOf(['fast', 'slow', 3], { text, default: 'fast' }),
    name: field.string({ text, pattern: /^[a-z]+$/, patternText: 'small letters' }),
    key: field.secret({ text }),
    tags: field.list(field.string({ text }), {
      text,
      itemsMax: 3,
      commaSeparated: true,
      default: [],
    }),
    rules: field.list(field.object({ topic: field.string({ text, required: true }) }, { text }), {
      text,
      itemsMax: 2,
      default: [],
    }),
    weights: field.map(field.int({ text }), {
      text,
      keyLabel: 'topic',
      entriesMax: 2,
      words: ['disabled'],
      default: 'disabled',
    }),
    people: field.map(
      field.object(
        { age: field.int({ text, default: 0 }), pin: field.secret({ text }) },
        { text, aliases: { years: 'age' } },
      ),
      {
        text,
        keyLabel: 'name',
        keyPattern: /^[a-z]+$/,
        entriesMax: 5,
        flatEntry: 'anna',
        default: { anna: {} },
      },
    ),
  },
  { text, hot: 'live' },
)

/** The compiler proves the types: a wrong one fails the type check of this file. */
function typesHold(value: Infer<typeof fields>): readonly unknown[] {
  const count: number | 'auto' = value.count
  const wait: number | 'disabled' = value.wait
  const size: number = value.size
  const mode: 'fast' | 'slow' | 3 = value.mode
  const name: string | undefined = value.name
  const topic: string | undefined = value.rules[0]?.topic
  const age: number | undefined = value.people['anna']?.age
  return [count, wait, size, mode, name, topic, age]
}

function read(source: string) {
  return decode(fields, parseHocon(source, 'f'))
}

function errors(source: string): readonly string[] {
  return read(source).errors.map(formatProblem)
}

test('defaults and types', () => {
  const { value } = read('')
  assert.ok(value)
  assert.deepEqual(typesHold(value), [3, 15_000, Infinity, 'fast', undefined, undefined, 0])
  assert.equal(value.level, 0.8)
  assert.deepEqual(value.speed, { amount: 1_048_576, intervalMs: 10_000 })
})

test('every kind takes its written forms, quoted or not', () => {
  const { value } = read(`
    on = "false", count = "7", factor = 2, level = 50%, wait = 1m30s, size = 4KB
    speed = 100/s, mode = 3, name = abc, key = 007, tags = "a, b,", rules = [{topic = x}]
    weights { "a/b" = 1 }, people { years = 5, bert { age = 6 } }
  `)
  assert.ok(value)
  assert.equal(value.on, false)
  assert.equal(value.count, 7)
  assert.equal(value.level, 0.5)
  assert.equal(value.wait, 90_000)
  assert.equal(value.mode, 3)
  assert.equal(value.key, '007')
  assert.deepEqual(value.tags, ['a', 'b'])
  assert.equal(value.people['anna']?.age, 5)
  assert.equal(value.people['bert']?.age, 6)
  assert.equal(read('count = infinity').value?.count, Infinity)
  assert.equal(read('count = auto').value?.count, 'auto')
  assert.equal(read('wait = disabled').value?.wait, 'disabled')
  assert.deepEqual(read('tags { "2" = b, "1" = a }').value?.tags, ['a', 'b'])
})

test('what is wrong is said for every kind', () => {
  assert.deepEqual(errors('on = yes'), ['f:1:6: on must be `true` or `false`, found "yes"'])
  assert.deepEqual(errors('count = 11'), ['f:1:9: count must be at most 10, found "11"'])
  assert.deepEqual(errors('count = 1.5'), [
    'f:1:9: count must be a whole number or `infinity` or `auto`, found "1.5"',
  ])
  assert.deepEqual(errors('wait = 10ms'), ['f:1:8: wait must be at least 1s, found "10ms"'])
  assert.deepEqual(errors('wait = infinity'), [
    'f:1:8: wait must be a duration such as `15s` or `1m30s` or `disabled`, found "infinity"',
  ])
  assert.deepEqual(errors('level = 120%'), ['f:1:9: level must be at most 100%, found "120%"'])
  assert.deepEqual(errors('name = A'), ['f:1:8: name must be small letters, found "A"'])
  assert.deepEqual(errors('size = [1]'), [
    'f:1:8: size must be a size such as `256KB` or `infinity`, found a list',
  ])
  assert.deepEqual(errors('tags = [1, 2, 3, 4]'), ['f:1:8: tags may have at most 3 items'])
  assert.deepEqual(errors('weights { a = 1, b = 2, c = 3 }'), [
    'f:1:9: weights may have at most 2 entries',
  ])
  assert.deepEqual(errors('weights = on'), [
    'f:1:11: weights must be entries by topic or `disabled`, found "on"',
  ])
  assert.deepEqual(errors('rules = [{}, {topic = a, tpic = b}]'), [
    'f:1:10: rules.0.topic is missing',
    'f:1:33: rules.1.tpic is not a known key: did you mean `topic`?',
  ])
  assert.deepEqual(errors('people { "A b" { } }'), ['f:1:16: people."A b" is not a valid name'])
  assert.deepEqual(errors('people = 5'), ['f:1:10: people must be entries by name, found "5"'])
})

test('a wrong secret is not shown', () => {
  const shown = errors('key = [hidden]\npeople.anna.pin { hidden = 1 }').join('\n')
  assert.match(shown, /key must be text/)
  assert.doesNotMatch(shown, /hidden/)
})

test('the written form of a decoded value decodes to the same value', () => {
  const source =
    'count = infinity, wait = 1m30s, key = k, weights { "a/b" = 1 }, people.bert.age = 6'
  const { value } = read(source)
  assert.ok(value)
  const written = encode(fields, value)
  assert.equal((written as Record<string, unknown>)['wait'], '1m30s')
  assert.equal((written as Record<string, unknown>)['speed'], '1MB/10s')
  assert.equal((written as Record<string, unknown>)['count'], 'infinity')
  assert.deepEqual(decode(fields, parseHocon(JSON.stringify(written), 'f')).value, value)
})

test('secrets are hidden at every depth, references to files are not', () => {
  const { value } = read('key = abc\npeople { anna.pin = "1234", bert.pin = "file:///run/pin" }')
  assert.ok(value)
  const shown = JSON.stringify(redact(fields, value))
  assert.doesNotMatch(shown, /abc|1234/)
  assert.equal(shown.split(REDACTED).length - 1, 2)
  assert.match(shown, /file:\/\/\/run\/pin/)
  assert.equal(secretFile('file:///run/pin'), '/run/pin')
  assert.equal(secretFile('abc'), undefined)
})

test('a key under another name is one below as well, and the proper name wins', () => {
  const group = field.object(
    {
      tls: field.object({ cert: field.string({ text }), key: field.string({ text }) }, { text }),
      on: field.bool({ text, default: true }),
    },
    { text, aliases: { cert: 'tls.cert', key: 'tls.key', enabled: 'on' } },
  )
  const { value, node } = decode(
    group,
    parseHocon('cert = a, key = b, tls.key = c, enabled = false', 'f'),
  )
  assert.deepEqual(value, { tls: { cert: 'a', key: 'c' }, on: false })
  assert.equal(nodeAt(node, ['tls', 'cert'])?.at.column, 8)
  assert.equal(decode(group, parseHocon('on = true, enabled = false', 'f')).value?.on, true)
})

test('a list may be written as its only item', () => {
  const item = field.object({ a: field.int({ text }) }, { text })
  const items = field.list(item, { text, itemsMax: 3, default: [], single: true })
  const group = field.object({ items }, { text })
  const read = (source: string) => decode(group, parseHocon(source, 'f')).value?.items
  assert.deepEqual(read('items { a = 1 }'), [{ a: 1 }])
  assert.deepEqual(read('items { 1 { a = 2 }, 2 { a = 3 } }'), [{ a: 2 }, { a: 3 }])
  assert.deepEqual(read('items {}'), [])
})
