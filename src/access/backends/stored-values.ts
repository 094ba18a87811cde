/** Values as databases give them: text, numbers, booleans, bits. */

/** Whether a value says yes. Whatever is not clearly a yes is a no. */
export function isYes(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) === 1
  if (typeof value === 'string') return /^(?:1|t|true)$/i.test(value)
  return value instanceof Uint8Array && value.length === 1 && value[0] === 1
}

/** A value as text; undefined for null and for what is no text, number or bytes. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  return undefined
}
