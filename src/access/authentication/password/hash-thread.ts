/** Entry of a hash thread: does slow algorithms, one job after the other. */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import type { HashAnswer, HashJob } from './hash-messages.ts'
import { hashSlowly, matchesSlowly } from './slow-hash.ts'

/** Below the threads of the shards, which keep serving whoever is in. */
const NICENESS = 10

function stepBack(): void {
  try {
    // Linux gives every thread a priority of its own, under the number of the thread.
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), NICENESS)
  } catch {
    // Elsewhere threads have no priorities: they share the processors evenly.
  }
}

function answerTo(job: HashJob): HashAnswer {
  try {
    if (job.kind === 'hash') {
      return { kind: 'hashed', stored: hashSlowly(job.algorithm, job.password) }
    }
    return { kind: 'verified', matches: matchesSlowly(job.algorithm, job.password, job.stored) }
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

stepBack()
parentPort?.on('message', (job: HashJob) => parentPort?.postMessage(answerTo(job)))
