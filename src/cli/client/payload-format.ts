/** How payloads are written on the command line and shown. */
export const PAYLOAD_FORMATS = ['text', 'json', 'hex', 'base64'] as const
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number]

/**
 * The bytes of a payload that somebody wrote.
 * @throws Error that says what is wrong with the text
 */
export function readPayload(text: string, format: PayloadFormat): Buffer {
  switch (format) {
    case 'text':
      return Buffer.from(text)
    case 'json':
      JSON.parse(text)
      return Buffer.from(text)
    case 'hex': {
      const digits = text.replaceAll(/[\s:]|^0x/g, '')
      if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error('not hexadecimal: two digits a byte')
      return Buffer.from(digits, 'hex')
    }
    case 'base64':
      if (!/^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(text)) throw new Error('not base64')
      return Buffer.from(text, 'base64')
  }
}

/** A payload as text; JSON that is none is shown as it is. */
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
