/** Loaded with `--import` into every thread: says how much heap is in use after a collection. */
import { threadId } from 'node:worker_threads'

const EVERY_MS = 1_000

setInterval(() => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.stdout.write(`heap of ${threadId}: ${heapUsed + external}\n`)
}, EVERY_MS).unref()
