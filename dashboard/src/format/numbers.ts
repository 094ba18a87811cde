const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** Bytes in units of 1024, with three digits at most. */
export function showBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** A span of time as its two largest parts, such as `3d 4h`. */
export function showDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([value]) => value > 0)
  if (first === -1) return '0s'
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join(' ')
}

/** A time of the API (RFC 3339, or ms) in the reader's own time zone: `2026-03-01 17:05:09`. */
export function showTime(time: string | number | null | undefined): string {
  if (time === undefined || time === null || time === '') return '–'
  // Sweden writes dates as all the world can read and sort them.
  return new Date(time).toLocaleString('sv-SE')
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const EXACT_BELOW = 100_000

/** A number with as many digits as one can take in: `12,345`, `1.2M`. */
export function showCount(value: number): string {
  return Math.abs(value) < EXACT_BELOW ? exact.format(value) : compact.format(value)
}

/** Milliseconds in the unit that suits them. */
export function showMs(ms: number): string {
  if (ms >= 1000) return `${exact.format(ms / 1000)} s`
  return `${ms < 10 ? exact.format(ms) : Math.round(ms)} ms`
}
