import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHARDS_MAX as ROUTER_SHARDS_MAX } from '#broker/router/router.ts'
import { shardsFor } from './shards-for.ts'

test('there is a shard for each core, and on a large machine as many as there may be', () => {
  const counts = [0, 1, 2, 30, 31, 32, 192].map(shardsFor)
  assert.deepEqual(counts, [1, 1, 2, 30, 30, 30, 30])
  assert.ok(Math.max(...counts) <= ROUTER_SHARDS_MAX)
})
