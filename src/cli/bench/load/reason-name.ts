import { ReasonCode } from '#codec/mqtt/reason-codes.ts'

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(ReasonCode)
    .toReversed() // The first of several names for a value is the general one.
    .map(([name, code]) => [code, name.toLowerCase().replaceAll('_', ' ')]),
)

/** A reason code in words, such as `not authorized (0x87)`. */
export function reasonName(code: number): string {
  const hex = `0x${code.toString(16).padStart(2, '0')}`
  const name = NAMES.get(code)
  return name === undefined ? `reason ${hex}` : `${name} (${hex})`
}
