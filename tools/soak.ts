/**
 * Clients that come and go for a long time, on a broker of its own.
 *
 *   node tools/soak.ts [--minutes 30] [--clients 100] [--shards 1] [--round-seconds 30] [--seed N]
 *
 * After every round all clients leave, and the broker must have nothing left of them; at the end
 * its memory must be what it was. The exit code is 1 when either is not so.
 */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { memoryGrowth, soak, SOAK_CONFIG, type SoakSample } from '../test/e2e/soak/soak.ts'
import { BrokerProcess } from '../test/e2e/support/broker-process.ts'
import { Random, seedOf } from '../test/support/random.ts'

const MIB = 1024 * 1024
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    clients: { type: 'string', default: '100' },
    shards: { type: 'string', default: '1' },
    'round-seconds': { type: 'string', default: '30' },
    seed: { type: 'string' },
  },
})
const roundMs = Number(values['round-seconds']) * 1000
const rounds = Math.max(3, Math.round((Number(values.minutes) * 60_000) / roundMs))
const random = new Random(values.seed === undefined ? seedOf('SOAK_SEED') : Number(values.seed))

function show({ round, anonymousBytes, connections, publishes, arrivals, left }: SoakSample): void {
  const memory = `${(anonymousBytes / MIB).toFixed(1)} MiB`
  const done = `${connections} connections, ${publishes} published, ${arrivals} delivered`
  console.log(`${round} of ${rounds}: ${memory}; ${done}${left.length > 0 ? '; LEFT:' : ''}`)
  for (const text of left) console.log(`  ${text}`)
}

const folder = mkdtempSync(join(tmpdir(), 'tideway-soak-'))
const dataDir = join(folder, 'data')
mkdirSync(dataDir)
console.log(`${rounds} rounds of ${roundMs / 1000} s, seed ${random.seed}`)
const broker = await BrokerProcess.start({
  dataDir,
  shards: Number(values.shards),
  config: SOAK_CONFIG,
})
try {
  const load = { clients: Number(values.clients), rounds, roundMs }
  const samples = await soak({ broker, random, ...load }, show)
  const { grownBytes, allowedBytes } = memoryGrowth(samples)
  const grown = `memory grew by ${(grownBytes / MIB).toFixed(1)} MiB`
  console.log(`${grown}, allowed are ${(allowedBytes / MIB).toFixed(1)} MiB`)
  const isClean = samples.every(({ left }) => left.length === 0) && grownBytes <= allowedBytes
  process.exitCode = isClean ? 0 : 1
} finally {
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
}
