import { badRequest } from '../http/api-error.ts'
import { parseTime } from '../time-text.ts'

/**
 * A time of a request in ms since the epoch; undefined when it is not there.
 * @throws ApiError 400 when it is not a time
 */
export function requireTime(path: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeMs = parseTime(text)
  if (timeMs !== undefined) return timeMs
  throw badRequest(`${path} must be a time of RFC 3339, or milliseconds since 1970.`)
}
