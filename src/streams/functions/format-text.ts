import { isInteger, type Value } from '#plugin/value.ts'
import { shown } from '../values/arithmetic.ts'
import { encodeJson } from '../values/json.ts'
import { toText } from '../values/to-text.ts'

const WIDTH_MAX = 10_000
const DIRECTIVE = /~(-?\d+|\*)?(?:\.(\d+|\*)?)?(?:\.(.))?([tl]*)([a-zA-Z~])/gu
const DECIMALS_DEFAULT = 6
const DECIMALS_MAX = 100

/** Takes one value after the other. */
class Values {
  readonly #values: readonly Value[]
  #next = 0

  constructor(values: readonly Value[]) {
    this.#values = values
  }

  take(): Value {
    if (this.#next >= this.#values.length) throw new RangeError('the format has too few values')
    return this.#values[this.#next++]
  }

  end(): void {
    if (this.#next < this.#values.length) throw new RangeError('the format has too many values')
  }
}

/**
 * A text from a format in the manner of Erlang's `io:format`, as rules use it.
 * @throws RangeError, TypeError when values and directives do not fit each other
 */
export function formatText(format: string, list: readonly Value[]): string {
  const values = new Values(list)
  const text = format.replaceAll(
    DIRECTIVE,
    (whole, width?: string, precision?: string, pad?: string, _mods?: string, kind?: string) => {
      const columns = numberOf(width, values)
      const digits = numberOf(precision, values)
      const plain = directive(whole, kind ?? '', digits, columns, values)
      return columns === undefined ? plain : fit(plain, columns, pad ?? ' ')
    },
  )
  values.end()
  return text
}

function numberOf(text: string | undefined, values: Values): number | undefined {
  if (text === undefined) return undefined
  const number = text === '*' ? Number(values.take()) : Number(text)
  if (!Number.isInteger(number) || Math.abs(number) > WIDTH_MAX) {
    throw new RangeError(`widths and precisions are at most ${WIDTH_MAX}`)
  }
  return number
}

/** A text that is too long for its width becomes stars. */
function fit(text: string, columns: number, pad: string): string {
  const width = Math.abs(columns)
  if (text.length > width) return '*'.repeat(width)
  return columns < 0 ? text.padEnd(width, pad) : text.padStart(width, pad)
}

function directive(
  whole: string,
  kind: string,
  digits: number | undefined,
  columns: number | undefined,
  values: Values,
): string {
  switch (kind) {
    case '~':
      return '~'
    case 'n':
      return '\n'.repeat(Math.abs(columns ?? 1))
    case 's':
      return toText(values.take()).slice(0, digits)
    case 'p':
    case 'w':
      return termText(values.take())
    case 'i':
      values.take()
      return ''
    case 'b':
    case 'B':
    case '#':
      return integerText(values.take(), digits ?? 10, kind)
    case 'c':
      return String.fromCodePoint(Number(values.take())).repeat(Math.abs(columns ?? 1))
    case 'f':
    case 'e':
    case 'g':
      return fractionText(values.take(), digits ?? DECIMALS_DEFAULT, kind)
    default:
      throw new RangeError(`the directive ${whole} is not known`)
  }
}

/** A value as it would be written down: text in quotes. */
function termText(value: Value): string {
  const isText = typeof value === 'string' || Buffer.isBuffer(value)
  return isText ? encodeJson(toText(value)) : toText(value)
}

function integerText(value: Value, base: number, kind: string): string {
  if (!isInteger(value)) throw new TypeError(`~${kind} takes an integer, not ${shown(value)}`)
  if (base < 2 || base > 36) throw new RangeError('the base of an integer is from 2 to 36')
  const text = BigInt(value).toString(base)
  return kind === 'b' ? text : text.toUpperCase()
}

function fractionText(value: Value, digits: number, kind: string): string {
  if (typeof value !== 'number') throw new TypeError(`~${kind} takes a number, not ${shown(value)}`)
  const decimals = Math.min(digits, DECIMALS_MAX)
  if (kind === 'f') return value.toFixed(decimals)
  const size = Math.abs(value)
  const isPlain = kind === 'g' && (size === 0 || (size >= 0.1 && size < 10_000))
  return isPlain ? value.toFixed(decimals) : value.toExponential(Math.max(0, decimals - 1))
}
