/** Clients with wrong passwords that reconnect as fast as they can, beside clients at work. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import mqtt from 'mqtt'
import { PasswordService } from '#access/authentication/password/password-service.ts'
import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import { BrokerProcess } from '../interop/broker-process.ts'
import type { StormOrder, StormReport } from './storm-thread.ts'

const PER_SECOND = 10_000
const USERS = 1_000
const WARM_UP_S = 3
const MEASURED_S = 10
const PUBLISH_EVERY_MS = 5
const P99_MS_MAX = 50

/** The value that `share` of the sorted values do not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

const CLOCK_TICKS_PER_S = 100

/** Time of processors that a process has used, in s; Linux only. */
function cpuSeconds(pid: number): number {
  if (process.platform !== 'linux') return NaN
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [userTicks = NaN, systemTicks = NaN] = fields.slice(11, 13)
  return (userTicks + systemTicks) / CLOCK_TICKS_PER_S
}

async function startAtWork(port: number) {
  const options = { username: 'worker', password: 'right', reconnectPeriod: 0 } as const
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, options)
  const latenciesMs: number[] = []
  client.on('message', (_topic, payload) => {
    latenciesMs.push(performance.now() - Number(payload.toString()))
  })
  await client.subscribeAsync('work')
  const timer = setInterval(
    () => client.publish('work', String(performance.now())),
    PUBLISH_EVERY_MS,
  )
  return {
    latenciesMs,
    async stop() {
      clearInterval(timer)
      await client.endAsync(true)
    },
  }
}

/** A file with users whose password nobody in the storm knows, and one at work. */
async function writeUsers(path: string, algorithm: PasswordHashAlgorithm): Promise<void> {
  const passwords = new PasswordService(() => performance.now())
  const stored = async (password: string) => passwords.hash(algorithm, Buffer.from(password))
  const [other, right] = [await stored('other'), await stored('right')]
  await passwords.close()
  const lines = Array.from({ length: USERS }, (_, user) => {
    return `user-${user},${other.hash},${other.salt},false`
  })
  const worker = `worker,${right.hash},${right.salt},false`
  writeFileSync(path, ['user_id,password_hash,salt,is_superuser', ...lines, worker].join('\n'))
}

const ALGORITHMS = [
  { name: 'sha256', salt_position: 'prefix' },
  { name: 'bcrypt', salt_rounds: 10 },
] as const

for (const algorithm of ALGORITHMS) {
  describe(`a storm of wrong passwords (${algorithm.name})`, () => {
    let broker: BrokerProcess
    let folder: string
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'tideway-storm-'))
      const file = join(folder, 'users.csv')
      await writeUsers(file, algorithm)
      broker = await BrokerProcess.start(`
        log.console.level = warning
        authentication = [{
          mechanism = password_based, backend = built_in_database
          password_hash_algorithm.name = ${algorithm.name}
          bootstrap_file = ${JSON.stringify(file)}, bootstrap_type = hash
        }]`)
    })
    after(async () => {
      await broker.remove()
      rmSync(folder, { recursive: true })
    })

    test(`leaves the p99 of accepted clients below ${P99_MS_MAX} ms`, async (context) => {
      const port = broker.port('tcp:default')
      const work = await startAtWork(port)
      const order: StormOrder = { port, perSecond: PER_SECOND, users: USERS }
      const storm = new Worker(new URL('./storm-thread.ts', import.meta.url), { workerData: order })
      const reports: StormReport[] = []
      let cpuAtStart = NaN
      let stopMeasuring = () => {}
      const measured = new Promise<void>((resolve) => (stopMeasuring = resolve))
      storm.on('message', (report: StormReport) => {
        reports.push(report)
        if (reports.length === WARM_UP_S) {
          work.latenciesMs.length = 0
          cpuAtStart = cpuSeconds(broker.pid)
        }
        if (reports.length === WARM_UP_S + MEASURED_S) stopMeasuring()
      })
      await measured
      const cpuS = cpuSeconds(broker.pid) - cpuAtStart
      await storm.terminate()
      await work.stop()
      const sorted = work.latenciesMs.toSorted((a, b) => a - b)
      const refused = reports.slice(WARM_UP_S).reduce((sum, report) => sum + report.refused, 0)
      const figures = {
        refusedPerSecond: Math.round(refused / MEASURED_S),
        cpuMicrosPerRefusal: Math.round((cpuS / refused) * 1e6),
        messages: sorted.length,
        p50Ms: Number(quantile(sorted, 0.5).toFixed(2)),
        p99Ms: Number(quantile(sorted, 0.99).toFixed(2)),
        maxMs: Number(quantile(sorted, 1).toFixed(2)),
      }
      context.diagnostic(JSON.stringify(figures))
      assert.ok(figures.messages > (MEASURED_S * 1000) / PUBLISH_EVERY_MS / 2, 'clients at work')
      assert.ok(figures.p99Ms < P99_MS_MAX, JSON.stringify(figures))
    })
  })
}
