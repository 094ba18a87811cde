/**
 * Durations, sizes, rates and percentages: text to numbers and back.
 *
 * Every parser answers `undefined` for text it does not understand; the caller says where.
 */

/** So many (bytes or items) per interval. `amount` is `Infinity` for no limit. */
export interface Rate {
  readonly amount: number
  readonly intervalMs: number
}

/** Longest time that one timer can run: 24 days. */
export const TIMER_MS_MAX = 24 * 86_400_000

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

const BYTE_UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['kb', 1024],
  ['kib', 1024],
  ['m', 1024 ** 2],
  ['mb', 1024 ** 2],
  ['mib', 1024 ** 2],
  ['g', 1024 ** 3],
  ['gb', 1024 ** 3],
  ['gib', 1024 ** 3],
  ['t', 1024 ** 4],
  ['tb', 1024 ** 4],
  ['tib', 1024 ** 4],
])

const DURATION_TEXT = /^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h|d|w)\s*)+$/
const DURATION_PART = /(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d|w)/g
const BYTES_TEXT = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/
const RATE_TEXT = /^([^/]+?)(?:\/(.+))?$/
const PERCENT_TEXT = /^(-?\d+(?:\.\d+)?)%$/

/** `15s`, `1m30s`, `500ms`, `1d`: milliseconds. A plain number is milliseconds already. */
export function parseDuration(text: string): number | undefined {
  const lower = text.trim().toLowerCase()
  if (/^\d+(\.\d+)?$/.test(lower)) return Number(lower)
  if (!DURATION_TEXT.test(lower)) return undefined
  let totalMs = 0
  for (const [, amount, unit] of lower.matchAll(DURATION_PART)) {
    totalMs += Number(amount) * (DURATION_UNITS.get(unit ?? '') ?? Number.NaN)
  }
  return Number.isFinite(totalMs) ? totalMs : undefined
}

/** The shortest exact text of a whole number of milliseconds: 90000 is `1m30s`. */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return 'infinity'
  if (ms === 0) return '0s'
  if (!Number.isInteger(ms)) return `${Math.round(ms * 1e6)}ns`
  const parts: string[] = []
  let rest = ms
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = DURATION_UNITS.get(unit) ?? 1
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  return parts.join('')
}

/** `1MB`, `256KB`, `4096`: bytes. Units are powers of 1024, in any case. */
export function parseBytes(text: string): number | undefined {
  const match = BYTES_TEXT.exec(text.trim().toLowerCase())
  if (match === null) return undefined
  const unit = BYTE_UNITS.get(match[2] ?? '')
  if (unit === undefined) return undefined
  const value = Number(match[1]) * unit
  return Number.isFinite(value) ? Math.round(value) : undefined
}

/** The largest unit that divides the size exactly: 1048576 is `1MB`. */
export function formatBytes(value: number): string {
  if (value === Infinity) return 'infinity'
  if (value > 0) {
    for (const unit of ['tb', 'gb', 'mb', 'kb']) {
      const size = BYTE_UNITS.get(unit) ?? 1
      if (value % size === 0) return `${value / size}${unit.toUpperCase()}`
    }
  }
  return String(value)
}

/** `1000/s`, `1MB/10s`, `500` (per second), `infinity`. */
export function parseRate(text: string, of: 'bytes' | 'items'): Rate | undefined {
  const trimmed = text.trim().toLowerCase()
  if (trimmed === 'infinity') return { amount: Infinity, intervalMs: 1000 }
  const match = RATE_TEXT.exec(trimmed)
  if (match === null) return undefined
  const amountText = (match[1] ?? '').trim()
  const plain = /^\d+(\.\d+)?$/.test(amountText) ? Number(amountText) : undefined
  const amount = of === 'bytes' ? parseBytes(amountText) : plain
  const per = (match[2] ?? 's').trim()
  const intervalMs = /^\d/.test(per) ? parseDuration(per) : DURATION_UNITS.get(per)
  if (amount === undefined || intervalMs === undefined || intervalMs <= 0) return undefined
  return { amount, intervalMs }
}

/** `1000/s`, `1MB/10s`, `infinity`. */
export function formatRate(rate: Rate, of: 'bytes' | 'items'): string {
  if (rate.amount === Infinity) return 'infinity'
  const amount = of === 'bytes' ? formatBytes(rate.amount) : String(rate.amount)
  const interval = formatDuration(rate.intervalMs)
  return `${amount}/${interval.replace(/^1(?=[a-z]+$)/, '')}`
}

/** `80%` is 0.8. A plain number is taken as the fraction itself. */
export function parsePercent(text: string): number | undefined {
  const trimmed = text.trim()
  const match = PERCENT_TEXT.exec(trimmed)
  if (match !== null) return Number(match[1]) / 100
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : undefined
}

/** 0.8 is `80%`. */
export function formatPercent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(15))}%`
}
