/**
 * Runs the fuzzers of codec and session, for as long as wanted.
 *
 *   npm run fuzz -- [--seed N] [--minutes M] [--only codec|session]
 *
 * Seeds are taken one after the other from N (default: one that the clock chooses). The first
 * failure is printed with its seed and ends the run with exit code 1; the same seed fails again.
 */
import { parseArgs } from 'node:util'
import { fuzzCodec } from '#codec/mqtt/codec.fuzz.ts'
import { fuzzSession } from '../test/fuzz/session.fuzz.ts'

const CODEC_ITERATIONS = 2_000
const PROGRESS_MS = 30_000
const MINUTE_MS = 60_000
const SEED_MAX = 0x7fffffff

const FUZZERS = {
  codec: (seed: number) => fuzzCodec(seed, CODEC_ITERATIONS),
  session: (seed: number) => fuzzSession(seed),
} as const

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})

function numberOf(name: 'seed' | 'minutes', fallback: number): number {
  const text = values[name]
  const value = text === undefined ? fallback : Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new Error(`--${name} ${text} is no number from 0`)
}

function chosen(): (keyof typeof FUZZERS)[] {
  const { only } = values
  if (only === undefined) return ['codec', 'session']
  if (only === 'codec' || only === 'session') return [only]
  throw new Error(`--only ${only}: there are codec and session`)
}

function main(): void {
  const startedMs = Date.now()
  const first = Math.floor(numberOf('seed', startedMs % SEED_MAX))
  const endsMs = startedMs + numberOf('minutes', 1) * MINUTE_MS
  const names = chosen()
  let shownMs = startedMs
  let seed = first
  do {
    for (const name of names) FUZZERS[name](seed)
    seed++
    if (Date.now() - shownMs < PROGRESS_MS) continue
    shownMs = Date.now()
    console.log(`${seed - first} seeds`)
  } while (Date.now() < endsMs)
  console.log(`${names.join(' and ')}: seeds ${first} to ${seed - 1}, nothing found`)
}

try {
  main()
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
