/** Dates: seconds since 1970, and "broken down time" as an array. */
import { JqError } from './jq-error.ts'
import type { Pure } from './jq-pure.ts'
import { isArray } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const MONTHS =
  'January February March April May June July August September October November December'.split(' ')
const DAY_MS = 86_400_000

/** See jq-functions.ts. Local time is UTC here. */
export const DATE_FUNCTIONS: readonly Pure[] = [
  ['gmtime', 0, breakDown],
  ['localtime', 0, breakDown],
  ['mktime', 0, (input) => Math.floor(toMs(input, 'mktime') / 1000)],
  ['timegm', 0, (input) => Math.floor(toMs(input, 'timegm') / 1000)],
  ['strftime', 1, (input, format) => print(input, format, 'strftime/1')],
  ['strflocaltime', 1, (input, format) => print(input, format, 'strflocaltime/1')],
  ['strptime', 1, parse],
]

/** Year, month from 0, day, hours, minutes, seconds, day of the week, day of the year from 0. */
function breakDown(input: JqValue): JqValue {
  if (typeof input !== 'number') throw new JqError('gmtime() requires a number')
  const date = new Date(Math.floor(input) * 1000)
  const seconds = date.getUTCSeconds() + (input - Math.floor(input))
  const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1)
  return [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    Math.round(seconds * 1e6) / 1e6,
    date.getUTCDay(),
    Math.floor((date.getTime() - yearStart) / DAY_MS),
  ]
}

function toMs(input: JqValue, name: string): number {
  if (!isArray(input)) throw new JqError(`${name} requires array of 6 numbers`)
  const [year, month, day, hours, minutes, seconds] = input.map(Number)
  const isWhole = [year, month, day, hours, minutes].every((part) => Number.isFinite(part))
  if (!isWhole || input.length < 6) throw new JqError(`${name} requires parsed datetime inputs`)
  return Date.UTC(year ?? 0, month, day, hours, minutes, Math.floor(seconds ?? 0))
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}

type Part = (date: Date) => string

const PARTS: Readonly<Record<string, Part>> = {
  Y: (date) => String(date.getUTCFullYear()),
  m: (date) => pad(date.getUTCMonth() + 1),
  d: (date) => pad(date.getUTCDate()),
  e: (date) => String(date.getUTCDate()).padStart(2, ' '),
  H: (date) => pad(date.getUTCHours()),
  I: (date) => pad(date.getUTCHours() % 12 || 12),
  M: (date) => pad(date.getUTCMinutes()),
  S: (date) => pad(date.getUTCSeconds()),
  j: (date) =>
    pad(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / DAY_MS) + 1, 3),
  A: (date) => DAYS[date.getUTCDay()] ?? '',
  a: (date) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? '',
  b: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  h: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  y: (date) => pad(date.getUTCFullYear() % 100),
  C: (date) => pad(Math.floor(date.getUTCFullYear() / 100)),
  u: (date) => String(date.getUTCDay() || 7),
  w: (date) => String(date.getUTCDay()),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  Z: () => 'UTC',
  z: () => '+0000',
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
}
/** Formats that stand for others. */
const COMPOUND: Readonly<Record<string, string>> = {
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  c: '%a %b %e %H:%M:%S %Y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  r: '%I:%M:%S %p',
}
const CODES = /%([A-Za-z%])/g

function expanded(format: string): string {
  return format.replaceAll(CODES, (code, letter: string) => COMPOUND[letter] ?? code)
}

function print(input: JqValue, format: JqValue, name: string): JqValue {
  const isTime = typeof input === 'number' || isArray(input)
  if (!isTime) throw new JqError(`${name} requires parsed datetime inputs`)
  if (typeof format !== 'string') throw new JqError(`${name} requires a string format`)
  const ms = typeof input === 'number' ? Math.floor(input) * 1000 : toMs(input, name)
  const date = new Date(ms)
  return expanded(format).replaceAll(CODES, (code, letter: string) => PARTS[letter]?.(date) ?? code)
}

/** What a code of `strptime` reads. */
const READ: Readonly<Record<string, string>> = {
  Y: String.raw`(?<Y>\d{4})`,
  m: String.raw`(?<m>\d{1,2})`,
  d: String.raw`\s*(?<d>\d{1,2})`,
  e: String.raw`\s*(?<d>\d{1,2})`,
  H: String.raw`(?<H>\d{1,2})`,
  M: String.raw`(?<M>\d{1,2})`,
  S: String.raw`(?<S>\d{1,2})`,
  j: String.raw`(?<j>\d{1,3})`,
  s: String.raw`(?<s>-?\d{1,12})`,
  A: '(?:[A-Za-z]{3,9})',
  a: '(?:[A-Za-z]{3,9})',
  B: '(?<B>[A-Za-z]{3,9})',
  b: '(?<B>[A-Za-z]{3,9})',
  h: '(?<B>[A-Za-z]{3,9})',
  Z: '(?:[A-Za-z]{1,5})',
  z: String.raw`(?:Z|[+-]\d{2}:?\d{2})`,
  '%': '%',
}

function parse(input: JqValue, format: JqValue): JqValue {
  if (typeof input !== 'string' || typeof format !== 'string') {
    throw new JqError('strptime/1 requires string inputs and arguments')
  }
  const pattern = patternOf(expanded(format))
  const found = pattern.exec(input)?.groups
  if (found === undefined) {
    throw new JqError(`date "${input}" does not match format "${format}"`)
  }
  if (found.s !== undefined) return breakDown(Number(found.s))
  const month = found.B === undefined ? Number(found.m ?? 1) - 1 : monthOf(found.B)
  const at = Date.UTC(
    Number(found.Y ?? 1900),
    found.j === undefined ? month : 0,
    Number(found.j ?? found.d ?? 1),
    Number(found.H ?? 0),
    Number(found.M ?? 0),
    Number(found.S ?? 0),
  )
  return breakDown(at / 1000)
}

function monthOf(name: string): number {
  const start = name.slice(0, 3).toLowerCase()
  return MONTHS.findIndex((month) => month.toLowerCase().startsWith(start))
}

function patternOf(format: string): RegExp {
  let source = '^'
  let end = 0
  for (const match of format.matchAll(CODES)) {
    source += escaped(format.slice(end, match.index))
    const letter = match[1] ?? ''
    const read = Object.hasOwn(READ, letter) ? READ[letter] : undefined
    if (read === undefined) throw new JqError(`strptime/1 does not know %${letter}`)
    source += read
    end = match.index + match[0].length
  }
  try {
    return new RegExp(`${source}${escaped(format.slice(end))}$`)
  } catch {
    throw new JqError(`strptime/1: a part of "${format}" is there twice`)
  }
}

function escaped(text: string): string {
  return text
    .replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, String.raw`\s*`)
}
