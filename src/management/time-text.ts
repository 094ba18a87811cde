/** A time as the API shows it: RFC 3339 with milliseconds, UTC. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

/** Milliseconds since 1970 of RFC 3339 text or of a number; undefined when it is neither. */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,16}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return undefined
  const timeMs = Date.parse(text)
  return Number.isNaN(timeMs) ? undefined : timeMs
}
