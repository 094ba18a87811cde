import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '#kernel/system/write-durably.ts'

const FILE = 'run'
/** Runs are counted at least by the seconds since then, so that a lost file repeats no number. */
const EPOCH_MS = Date.UTC(2026, 0, 1)
const RUN_MAX = 2 ** 32 - 1

/**
 * The number of this run of the process over its data directory: larger than that of any run
 * before, and safe on disk when this returns. Keys of the store are made unique by it.
 * @throws the error of the file system, or an Error when the file holds something else
 */
export function nextRunNumber(dataDir: string, nowMs: number): number {
  const path = join(dataDir, FILE)
  const seconds = Math.max(0, Math.floor((nowMs - EPOCH_MS) / 1000))
  const run = Math.max(readNumber(path) + 1, seconds)
  if (run > RUN_MAX) throw new Error(`the number in ${path} is too large`)
  writeDurably(path, `${run}\n`)
  return run
}

function readNumber(path: string): number {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return 0
    throw error
  }
  // A power cut may leave an empty file; the clock alone decides then.
  if (text === '') return 0
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new Error(`${path} does not hold a number. Restore the data directory or move it away.`)
}
