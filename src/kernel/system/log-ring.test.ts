import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogRecord } from './log-record.ts'
import { LogRing } from './log-ring.ts'

function record(message: string, fields: LogRecord['fields'] = {}): LogRecord {
  return { timeMs: 0, level: 'info', module: 'node', message, fields }
}

test('the latest records are remembered, with numbers that go on', () => {
  const ring = new LogRing({ recordsMax: 2, charsMax: 1_000 })
  for (const message of ['a', 'b', 'c']) ring.add(record(message))
  const seen = ring.entries.map(({ id, record: { message } }) => [id, message])
  assert.deepEqual(seen, [
    [2, 'b'],
    [3, 'c'],
  ])
  assert.equal(ring.lastId, 3)
})

test('long records take the place of more, and one that is too long is not kept', () => {
  const ring = new LogRing({ recordsMax: 10, charsMax: 100 })
  ring.add(record('a'))
  ring.add(record('b', { text: 'x'.repeat(80) }))
  assert.deepEqual(
    ring.entries.map(({ id }) => id),
    [1, 2],
  )
  ring.add(record('c', { text: 'x'.repeat(80) }))
  assert.deepEqual(
    ring.entries.map(({ id }) => id),
    [3],
  )
  ring.add(record('d', { text: 'x'.repeat(200) }))
  assert.deepEqual(ring.entries, [])
})

test('what JSON has no form for is remembered too', () => {
  const ring = new LogRing()
  ring.add(record('big', { count: 1n }))
  assert.equal(ring.entries.length, 1)
})

test('who listens is told until they end it', () => {
  const ring = new LogRing()
  let count = 0
  const end = ring.listen(() => count++)
  ring.add(record('a'))
  end()
  ring.add(record('b'))
  assert.equal(count, 1)
})
