import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileJsonTemplate, jsonBodyTemplate } from './json-template.ts'

const EVIL = '","admin":true,"x":"\\'

test('values in quotes stay in them', () => {
  const template = compileJsonTemplate('{"who": "device ${id}", "n": [1, "${id}"]}')
  assert.deepEqual(JSON.parse(template?.text({ id: EVIL }) ?? ''), {
    who: `device ${EVIL}`,
    n: [1, EVIL],
  })
})

test('elsewhere a value is JSON, or becomes text; what is missing is null', () => {
  const template = compileJsonTemplate('{"a":${a},"b":${b.c},"d":${d}}')
  assert.equal(template?.text({ a: '{"x": 1}', b: { c: 1.5 } }), '{"a":{"x": 1},"b":1.5,"d":null}')
  const evil = '1,"admin":true'
  assert.deepEqual(JSON.parse(template.text({ a: evil, b: {}, d: [1] })), {
    a: evil,
    b: null,
    d: [1],
  })
})

test('the whole record and a dollar sign', () => {
  const template = compileJsonTemplate('[${.}, "${$}{x} ${.}"]')
  assert.equal(template?.text({ a: 'b' }), String.raw`[{"a":"b"}, "${'$'}{x} {\"a\":\"b\"}"]`)
})

test('what is no JSON is another template', () => {
  for (const source of ['${payload}', 'a ${b}', '{${a}: 1}', '{"a": ${b}', '"${a}"', '']) {
    assert.equal(compileJsonTemplate(source), undefined, source)
  }
})

test('what has to be JSON is refused when it is something else', () => {
  for (const source of ['a ${b}', '{${a}: 1}', '{"a": ${b}', '"${a}"', '${a} ${b}']) {
    assert.throws(() => jsonBodyTemplate(source), /is no JSON. Write JSON with places/, source)
  }
  assert.equal(jsonBodyTemplate(' ${a} ')?.text({ a: '{"b":1}' }), ' {"b":1} ')
  assert.equal(jsonBodyTemplate('{"a":${a}}')?.text({ a: 1 }), '{"a":1}')
  assert.equal(jsonBodyTemplate(''), undefined)
})
