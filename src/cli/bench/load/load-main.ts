/** Entry of a load thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { makeDialer } from '#net/dial.ts'
import { makeHandleTools } from '#net/handle-wire.ts'
import { ReadBuffer } from '#net/read-buffer.ts'
import { loadTcpInternals } from '#net/tcp-internals.ts'
import type { LoadCommand, LoadThreadData } from './load-messages.ts'
import { LoadThread } from './load-thread.ts'

const { plan, memory, thread } = workerData as LoadThreadData
const internals = loadTcpInternals()
const dial = makeDialer(internals && makeHandleTools(internals, new ReadBuffer()))
const load = new LoadThread(plan, memory, thread, dial, (report) => {
  parentPort?.postMessage(report)
  if (report.kind === 'closed') parentPort?.close()
})
parentPort?.on('message', (command: LoadCommand) => load.handle(command))
await load.start()
