import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nest, splitPath } from './config-path.ts'

test('parts of a path in quotes may hold dots', () => {
  assert.deepEqual(splitPath('listeners.tcp."a.b".bind'), ['listeners', 'tcp', 'a.b', 'bind'])
})

test('changed keys make one object', () => {
  const changes = new Map<string, unknown>([
    ['mqtt.max_inflight', 7],
    ['mqtt.shared.x', null],
    ['log', 'y'],
  ])
  assert.deepEqual(nest(changes), { mqtt: { max_inflight: 7, shared: { x: null } }, log: 'y' })
})
