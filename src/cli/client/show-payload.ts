import type { PayloadFormat } from '#kernel/payload-format.ts'

/** A payload as text on the terminal; JSON that is none is shown as it is. */
export function showPayload(payload: Buffer, format: PayloadFormat, isPretty: boolean): string {
  if (format === 'hex' || format === 'base64') return payload.toString(format)
  const text = payload.toString('utf8')
  if (format === 'text') return text
  try {
    return JSON.stringify(JSON.parse(text), undefined, isPretty ? 2 : 0)
  } catch {
    return text
  }
}
