import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DriverError } from '#drivers/driver-error.ts'
import { pathTemplate } from './templates.ts'

test('a value is one segment of a path, and may have slashes in a query', () => {
  const path = pathTemplate('/devices/${id}/state?topic=${topic}&of=${id}')
  assert.equal(
    path.text({ id: 'a/../b?x#y%2e%', topic: 'a/b&c' }),
    '/devices/a%2F..%2Fb%3Fx%23y%252e%25/state?topic=a/b%26c&of=a/../b%3Fx%23y%252e%25',
  )
})

test('no value leads upwards', () => {
  for (const [a, b] of [
    ['..', ''],
    ['.', ''],
    ['.', '.'],
    ['', '..'],
  ] as const) {
    const write = () => pathTemplate('/devices/${a}${b}/state').text({ a, b })
    assert.throws(write, (error) => error instanceof DriverError && error.kind === 'fatal')
  }
  assert.throws(() => pathTemplate('/d/%2e${a}').text({ a: '.' }), /a segment of dots/)
  assert.equal(pathTemplate('/d/v${a}').text({ a: '..' }), '/d/v..')
})

test('text that is no Unicode does not stop anything', () => {
  assert.equal(pathTemplate('/${a}').text({ a: '\ud800' }), '/%EF%BF%BD')
})
