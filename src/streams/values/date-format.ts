/** Moments as texts by formats in the manner of strftime, and back. All are in nanoseconds. */

export const NS_PER_SECOND = 1_000_000_000n
const MS_PER_SECOND = 1_000n
const NS_PER_MS = 1_000_000n

const CODES = /%(::?z|[36]N|[YmdHMSNz])|%(.?)/g
const OFFSET = /^([+-])(\d{2}):?(\d{2})(?::?(\d{2}))?$/

/**
 * Writes a moment: %Y %m %d %H %M %S, %N (nanoseconds), %6N, %3N, %z (+hhmm), %:z (+hh:mm), %::z.
 * @throws RangeError when the format has another code
 */
export function formatDate(ns: bigint, offsetSeconds: number, format: string): string {
  const local = floorDivide(ns, NS_PER_MS) + BigInt(offsetSeconds) * MS_PER_SECOND
  const date = new Date(Number(local))
  if (Number.isNaN(date.getTime())) throw new RangeError('the time is out of range')
  const fraction = String(modulo(ns, NS_PER_SECOND)).padStart(9, '0')
  return format.replaceAll(CODES, (whole, code?: string) => {
    switch (code) {
      case 'Y':
        return pad(date.getUTCFullYear(), 4)
      case 'm':
        return pad(date.getUTCMonth() + 1, 2)
      case 'd':
        return pad(date.getUTCDate(), 2)
      case 'H':
        return pad(date.getUTCHours(), 2)
      case 'M':
        return pad(date.getUTCMinutes(), 2)
      case 'S':
        return pad(date.getUTCSeconds(), 2)
      case 'N':
        return fraction
      case '6N':
        return fraction.slice(0, 6)
      case '3N':
        return fraction.slice(0, 3)
      case 'z':
        return offsetText(offsetSeconds, '')
      case ':z':
        return offsetText(offsetSeconds, ':')
      case '::z':
        return `${offsetText(offsetSeconds, ':')}:${pad(Math.abs(offsetSeconds) % 60, 2)}`
      default:
        throw new RangeError(`the format has an unknown code ${whole}`)
    }
  })
}

const PARTS: ReadonlyMap<string, string> = new Map([
  ['%Y', String.raw`(?<Y>\d{4})`],
  ['%m', String.raw`(?<m>\d{1,2})`],
  ['%d', String.raw`(?<d>\d{1,2})`],
  ['%H', String.raw`(?<H>\d{1,2})`],
  ['%M', String.raw`(?<M>\d{1,2})`],
  ['%S', String.raw`(?<S>\d{1,2})`],
  ['%N', String.raw`(?<N>\d{1,9})`],
  ['%6N', String.raw`(?<N>\d{1,6})`],
  ['%3N', String.raw`(?<N>\d{1,3})`],
  ['%z', String.raw`(?<z>Z|[+-]\d{4})`],
  ['%:z', String.raw`(?<z>Z|[+-]\d{2}:\d{2})`],
  ['%::z', String.raw`(?<z>Z|[+-]\d{2}:\d{2}:\d{2})`],
])

/**
 * Reads a moment from a text of the format. What the format lacks is 0, or 1 for month and day.
 * @param offsetSeconds used instead of the one in the text; UTC where there is neither
 * @throws RangeError when text and format do not fit each other
 */
export function parseDate(format: string, text: string, offsetSeconds?: number): bigint {
  const found = patternOf(format).exec(text)
  if (found?.groups === undefined) {
    throw new RangeError(`the text "${text}" is not of the format "${format}"`)
  }
  const { Y = '1970', m = '1', d = '1', H = '0', M = '0', S = '0', N = '0', z } = found.groups
  const ms = Date.UTC(Number(Y), Number(m) - 1, Number(d), Number(H), Number(M), Number(S))
  checkParts(ms, [Number(m), Number(d), Number(H), Number(M), Number(S)], text)
  const offset = offsetSeconds ?? (z === undefined ? 0 : parseOffset(z))
  return BigInt(ms) * NS_PER_MS + BigInt(N.padEnd(9, '0')) - BigInt(offset) * NS_PER_SECOND
}

/** The 30th of February is no day. */
function checkParts(ms: number, wanted: readonly number[], text: string): void {
  const date = new Date(ms)
  const given = [
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ]
  if (given.some((part, index) => part !== wanted[index])) {
    throw new RangeError(`"${text}" is no date`)
  }
}

function patternOf(format: string): RegExp {
  const source = format.replaceAll(/%(?:::?z|[36]N|.)|[^%]+/g, (piece) => {
    if (!piece.startsWith('%')) return piece.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
    const part = PARTS.get(piece)
    if (part === undefined) throw new RangeError(`the format has an unknown code ${piece}`)
    return part
  })
  try {
    return new RegExp(`^${source}$`)
  } catch (error) {
    throw new RangeError(`the format has a code twice: "${format}"`, { cause: error })
  }
}

/**
 * Seconds east of Greenwich: `Z`, `+08:00`, `-0330`, `+01:02:03`.
 * @throws RangeError
 */
export function parseOffset(text: string): number {
  if (text === 'Z' || text === 'z') return 0
  const found = OFFSET.exec(text)
  if (found === null) throw new RangeError(`"${text}" is no offset from UTC such as +08:00`)
  const [, sign, hours, minutes, seconds = '0'] = found
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return sign === '-' ? -total : total
}

/** What the clocks of this machine are ahead of UTC at a moment, in seconds. */
export function localOffsetSeconds(ns: bigint): number {
  return new Date(Number(floorDivide(ns, NS_PER_MS))).getTimezoneOffset() * -60
}

function offsetText(seconds: number, separator: string): string {
  const size = Math.abs(seconds)
  const hours = pad(Math.floor(size / 3600), 2)
  return `${seconds < 0 ? '-' : '+'}${hours}${separator}${pad(Math.floor(size / 60) % 60, 2)}`
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

/** Rounds down, also below zero. */
export function floorDivide(value: bigint, by: bigint): bigint {
  return (value - modulo(value, by)) / by
}

function modulo(value: bigint, by: bigint): bigint {
  return ((value % by) + by) % by
}
