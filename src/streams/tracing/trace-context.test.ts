import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeProperties } from '../rules/property-names.ts'
import {
  formatTraceparent,
  parseTraceparent,
  readTraceContext,
  tracedHeaders,
  traceFields,
  traceOf,
  withTrace,
  withTraceContext,
} from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const TEXT = `00-${TRACE}-${SPAN}-01`

test('a traceparent is read as W3C Trace Context says', () => {
  const context = { traceId: TRACE, spanId: SPAN, isSampled: true, state: '' }
  assert.deepEqual(parseTraceparent(TEXT), context)
  assert.equal(formatTraceparent(context), TEXT)
  assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.isSampled, false)
  // A later version may say more.
  assert.equal(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)?.spanId, SPAN)
  const wrong = [
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    TEXT.toUpperCase(),
    TEXT.slice(1),
    '',
  ]
  for (const text of wrong) assert.equal(parseTraceparent(text), undefined, text)
})

test('a message carries one context, in the place of what it had', () => {
  const before = encodeProperties({
    contentType: 'text/plain',
    userProperties: [
      ['traceparent', TEXT],
      ['a', '1'],
      ['tracestate', 'x=1'],
      ['tracestate', 'y=2'],
    ],
  })
  const carried = readTraceContext(before)
  assert.equal(carried?.state, 'x=1,y=2')
  const spanId = '00f067aa0ba902b7'
  const after = withTraceContext(before, { ...carried, spanId })
  assert.deepEqual(readTraceContext(after), { ...carried, spanId })
  assert.equal(after.includes('text/plain') && after.includes(Buffer.from([0, 1, 0x61])), true)
  assert.equal(withTraceContext(after, { ...carried, spanId }).length, after.length)
})

test('what only looks like a context is none', () => {
  const needle = Buffer.from([0x26, 0, 11, ...Buffer.from('traceparent'), 0, 55])
  const correlationData = Buffer.concat([needle, Buffer.from(TEXT)])
  assert.equal(readTraceContext(encodeProperties({ correlationData })), undefined)
  assert.equal(readTraceContext(Buffer.alloc(0)), undefined)
})

test('a record goes on with its trace, which is none of its fields', () => {
  const context = { traceId: TRACE, spanId: SPAN, isSampled: true, state: 'a=1' }
  const record = withTrace({ n: 1 }, context)
  assert.deepEqual(Object.keys(record), ['n'])
  assert.equal(JSON.stringify(record), '{"n":1}')
  assert.equal(traceOf(record), context)
  assert.deepEqual(traceFields(record), { traceparent: TEXT, tracestate: 'a=1' })
  assert.equal(traceFields({ n: 1 }), undefined)
})

test('headers get the trace of a record unless they have their own', () => {
  const context = { traceId: TRACE, spanId: SPAN, isSampled: true, state: 'a=1' }
  const record = withTrace({}, context)
  const other: readonly [string, string] = ['a', '1']
  const parent: readonly [string, string] = ['traceparent', TEXT]
  assert.deepEqual(tracedHeaders(record, [other]), [other, parent, ['tracestate', 'a=1']])
  for (const name of ['traceparent', 'Traceparent']) {
    assert.deepEqual(tracedHeaders(record, [[name, 'own']]), [[name, 'own']])
  }
  assert.deepEqual(tracedHeaders(record, [['tracestate', 'own']]), [['tracestate', 'own'], parent])
  const headers = [other]
  assert.equal(tracedHeaders({}, headers), headers)
})
