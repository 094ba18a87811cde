const KIBIBYTE = 1024
const MS_PER_SECOND = 1000

/** A count with separators: `1,234,567`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A time: microseconds, milliseconds or seconds, three digits. */
export function formatMs(ms: number): string {
  if (ms < 1) return `${digits(ms * MS_PER_SECOND)} µs`
  return ms < 10 * MS_PER_SECOND ? `${digits(ms)} ms` : `${digits(ms / MS_PER_SECOND)} s`
}

/** Bytes: KiB, MiB or GiB, three digits. */
export function formatBytes(bytes: number): string {
  if (Math.abs(bytes) < KIBIBYTE) return `${Math.round(bytes)} B`
  const kibibytes = bytes / KIBIBYTE
  if (Math.abs(kibibytes) < KIBIBYTE) return `${digits(kibibytes)} KiB`
  const mebibytes = kibibytes / KIBIBYTE
  return mebibytes < KIBIBYTE ? `${digits(mebibytes)} MiB` : `${digits(mebibytes / KIBIBYTE)} GiB`
}

function digits(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}
