import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogRecord } from '#kernel/system/log-record.ts'
import { linesOf, toLogLine } from './log-line.ts'

function entry(id: number, level: LogRecord['level'], fields: LogRecord['fields'] = {}) {
  return {
    id,
    record: { timeMs: 1.5, level, module: 'node' as const, message: `event_${id}`, fields },
  }
}

test('every field is text, and those without a value are left out', () => {
  const error = new Error('no such host')
  const fields = { port: 1883, list: [1, 'a'], error, nothing: undefined, big: 1n }
  assert.deepEqual(toLogLine(entry(7, 'warning', fields)), {
    id: 7,
    time: 1,
    level: 'warning',
    module: 'node',
    message: 'event_7',
    fields: { port: '1883', list: '[1,"a"]', error: '"no such host"', big: '1' },
  })
})

test('secrets are hidden, by their name and by their form, wherever they stand', () => {
  const { fields } = toLogLine(
    entry(1, 'error', {
      password: 'p1',
      config: { user: 'u', auth_token: 't1', deep: [{ clientSecret: 's1' }] },
      url: 'cannot open mongodb://anna:p2@10.0.0.1/x',
      header: 'sent Bearer abcdefgh12345678',
    }),
  )
  assert.deepEqual(fields, {
    password: '******',
    config: '{"user":"u","auth_token":"******","deep":[{"clientSecret":"******"}]}',
    url: 'cannot open mongodb://anna:******@10.0.0.1/x',
    header: 'sent Bearer ******',
  })
})

test('secrets are looked for in time that grows as the text does, whatever clients write', () => {
  // Would take minutes if the rest of the text were looked through from each place.
  for (const piece of ['a', 'a.+-', 'a://', 'a://b:', 'Bearer ']) {
    const message = piece.repeat(1_000_000 / piece.length)
    const record = { timeMs: 1, level: 'error', module: 'node', message, fields: {} } as const
    assert.equal(toLogLine({ id: 1, record }).message, message)
  }
})

test('lines are chosen by level and by text, which cannot guess secrets', () => {
  const entries = [
    entry(1, 'debug', { clientid: 'Oven-1' }),
    entry(2, 'error', { clientid: 'oven-2', password: 'hunter2' }),
  ]
  const ids = (filter: Parameters<typeof linesOf>[1]) =>
    Array.from(linesOf(entries, filter), ({ id }) => id)
  assert.deepEqual(ids({}), [1, 2])
  assert.deepEqual(ids({ level: 'warning' }), [2])
  assert.deepEqual(ids({ text: 'oven' }), [1, 2])
  assert.deepEqual(ids({ text: 'EVENT_1' }), [1])
  assert.deepEqual(ids({ text: 'clientid: oven-2' }), [2])
  assert.deepEqual(ids({ text: 'hunter' }), [])
})
