import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AuthenticatorMeter,
  MeterPlaces,
  METERS_BYTES,
} from '#access/authentication/authenticator-meter.ts'
import type { AccessReport } from '#access/shard-access.ts'
import { NodeAccess } from './node-access.ts'
import type { ShardControl } from './shard-runtime.ts'

test('rates are those of all shards, of decisions and of requests to backends', async () => {
  const memory = new SharedArrayBuffer(2 * METERS_BYTES)
  const places = new MeterPlaces(memory)
  places.assign(['global a'])
  const meters = [0, 1].map((shard) => new AuthenticatorMeter(memory, shard, 0))
  const numbers = [0, 1].map(() => ({
    counts: { total: 1, allow: 0, deny: 0, ignore: 0, failed: 0 },
    requests: { succeeded: 7, failed: 0 },
  }))
  const shards = numbers.map((one) => ({ accessReport: () => Promise.resolve(reportOf(one)) }))
  const log = { debug() {}, info() {}, warn: assert.fail, error: assert.fail }
  const access = new NodeAccess(places, log)
  assert.equal(access.rateOf('source', 'file').rate, 0)
  access.use(shards as unknown as ShardControl[])
  access.stop()
  await access.measure(1_000)
  for (const meter of meters) for (let count = 0; count < 5; count++) meter.count(true, 1)
  for (const { counts, requests } of numbers) {
    counts.total += 20
    requests.failed += 3
  }
  await access.measure(3_000)
  assert.equal(access.rateOf('authenticator', 'global a').rate, 5)
  assert.equal(access.rateOf('authenticator backend', 'global a').rate, 3)
  assert.equal(access.rateOf('source', 'file').rate, 20)
  assert.equal(access.rateOf('source backend', 'file').rate, 0)
  await access.measure(5_000)
  const { rate, max, last5m } = access.rateOf('source', 'file')
  assert.deepEqual([rate, max, last5m], [0, 20, 10])
})

function reportOf({ counts, requests }: Numbers): AccessReport {
  const status = 'connected'
  return {
    authenticators: [{ name: 'global a', status, requests: { ...requests } }],
    sources: [{ type: 'file', status, counts: { ...counts } }],
  }
}

interface Numbers {
  readonly counts: AccessReport['sources'][number]['counts']
  readonly requests: { readonly succeeded: number; readonly failed: number }
}
