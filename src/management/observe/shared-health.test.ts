import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeHealth, NodePort } from '../node-port.ts'
import { SharedHealth } from './shared-health.ts'

const CALM: NodeHealth = {
  lagP50Ms: 0,
  lagP99Ms: 1,
  lagMaxMs: 2,
  utilization: 0.1,
  heapUsedBytes: 1000,
  storeHealthy: true,
  storePendingBytes: 0,
}

test('what one reader was told reaches the other when it asks', async () => {
  const answers: NodeHealth[] = [{ ...CALM, lagP99Ms: 900, heapUsedBytes: 5 }, CALM, CALM]
  const node = { health: async () => [answers.shift()] } as unknown as NodePort
  const shared = new SharedHealth(node)
  const often = shared.reader()
  const seldom = shared.reader()
  assert.equal((await often())[0]?.lagP99Ms, 900)
  assert.equal((await often())[0]?.lagP99Ms, 1)
  const [late] = await seldom()
  assert.deepEqual(late, { ...CALM, lagP99Ms: 900 })
})
