import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { soak, SOAK_CONFIG } from './soak/soak.ts'
import { BrokerProcess, makeFolder } from './support/broker-process.ts'
import { Random, seedOf } from '../support/random.ts'

it('clients that come and go leave nothing behind', async (context) => {
  const random = new Random(seedOf('SOAK_SEED'))
  context.diagnostic(`SOAK_SEED=${random.seed}`)
  const dataDir = join(makeFolder(context), 'data')
  mkdirSync(dataDir)
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config: SOAK_CONFIG })
  const load = { clients: 20, rounds: 2, roundMs: 500 }
  const samples = await soak({ broker, random, ...load }, () => {})
  for (const { left } of samples) assert.deepEqual(left, [])
  const last = samples.at(-1)
  assert.ok((last?.publishes ?? 0) > 100 && (last?.arrivals ?? 0) > 0)
  assert.equal((await broker.stop()).code, 0)
})
