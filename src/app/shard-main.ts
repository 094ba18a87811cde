/** Entry of a shard thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { ShardBus } from '#fabric/shard/bus.ts'
import { makeLog, plainFields } from '#kernel/system/log-record.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { composeShard } from './compose.ts'
import {
  type ShardCall,
  type ShardReport,
  type ShardThreadData,
  toPlainError,
} from './shard-messages.ts'
import type { ShardRuntime } from './shard-runtime.ts'

/** Time to store what can be stored after a failure. */
const SALVAGE_MS = 3000

function main(): void {
  const port = parentPort
  if (port === null) throw new Error('shard-main.ts runs in a worker thread only')
  const { start, bus: ends } = workerData as ShardThreadData
  const report = (message: ShardReport): void => port.postMessage(message)
  const log = makeLog(
    (record) => {
      const fields = plainFields({ ...record.fields, shard: start.shard })
      report({ kind: 'log', record: { ...record, fields } })
    },
    start.logLevels,
    systemClock.nowMs,
  )
  const bus = new ShardBus(ends)
  const runtime = composeShard(start, bus, log)
  process.on('uncaughtException', (error) => void fail(runtime, error, report))
  bus.open((from, items) => runtime.receiveBatch(from, items))
  port.on('message', (call: ShardCall) => void answer(runtime, call, report))
}

async function answer(
  runtime: ShardRuntime,
  { id, method, args }: ShardCall,
  report: (message: ShardReport) => void,
): Promise<void> {
  try {
    const run = runtime[method].bind(runtime) as (...args: readonly unknown[]) => Promise<unknown>
    report({ kind: 'answer', id, value: await run(...args) })
  } catch (error) {
    report({ kind: 'failure', id, error: toPlainError(error) })
  }
}

let isFailing = false

/** The state of the shard cannot be trusted any more: what is stored is saved, then it ends. */
async function fail(
  runtime: ShardRuntime,
  error: Error,
  report: (message: ShardReport) => void,
): Promise<void> {
  if (isFailing) return
  isFailing = true
  report({ kind: 'fatal', text: error.stack ?? String(error) })
  try {
    await runtime.salvage(SALVAGE_MS)
  } finally {
    process.exit(1)
  }
}

main()
