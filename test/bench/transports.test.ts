/** The load generator over every transport, against the broker itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { type BenchOptions, makePlan } from '#cli/bench/make-plan.ts'
import { runBench } from '#cli/bench/run-bench.ts'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'

const COUNT = 200
const TRANSPORTS: readonly (readonly [listener: string, options: BenchOptions])[] = [
  ['tcp:default', {}],
  ['ssl:bench', { tls: true, insecure: true }],
  ['ws:default', { ws: true }],
  ['wss:bench', { tls: true, insecure: true, ws: '/mqtt' }],
]

describe('the load generator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-bench-'))
  let broker: TestBroker

  before(async () => {
    const { certfile, keyfile } = ensureDevelopmentCertificates(folder, Date.now())
    const files = `certfile = ${JSON.stringify(certfile)}, keyfile = ${JSON.stringify(keyfile)}`
    const listener = `bind = "127.0.0.1:0", ssl_options { ${files} }`
    const config = `listeners.ssl.bench { ${listener} }\nlisteners.wss.bench { ${listener} }`
    broker = await startBroker({ config, threads: 'inline' })
  })

  after(async () => {
    await broker.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  for (const [listener, options] of TRANSPORTS) {
    it(`drives ${listener}: everything arrives once`, async () => {
      const some: BenchOptions = { publishers: 2, subscribers: 2, count: COUNT, qos: 1, warmup: 0 }
      const plan = makePlan('pair', { ...some, port: broker.port(listener), ...options })
      const { messages, problems } = await runBench(plan)
      assert.deepEqual(problems, [])
      const { deliveredInAll, lost, duplicated } = messages ?? {}
      assert.deepEqual(
        { deliveredInAll, lost, duplicated },
        { deliveredInAll: COUNT, lost: 0, duplicated: 0 },
      )
    })
  }
})
