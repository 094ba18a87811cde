import { PAYLOAD_FORMATS, toBase64, toHex } from '../../../src/kernel/payload-format.ts'

/** How the bytes of a payload can be shown. */
export const SHOWN_FORMATS = [...PAYLOAD_FORMATS, 'cbor'] as const
export type ShownFormat = (typeof SHOWN_FORMATS)[number]

const HEX_COLUMNS = 16

/**
 * A payload as text.
 * @throws Error with a reason for people when the bytes are not of the format
 */
export async function showPayload(bytes: Uint8Array, format: ShownFormat): Promise<string> {
  switch (format) {
    case 'text':
      return new TextDecoder().decode(bytes)
    case 'json':
      return JSON.stringify(
        JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
        null,
        2,
      )
    case 'hex':
      return hexDump(bytes)
    case 'base64':
      return toBase64(bytes)
    case 'cbor': {
      const { decodeCbor } = await import('./cbor.ts')
      return JSON.stringify(decodeCbor(bytes), showUnusual, 2)
    }
  }
}

/** The format in which a payload says most: JSON objects, then text, else bytes. */
export function guessFormat(bytes: Uint8Array): ShownFormat {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return 'hex'
  }
  if (!/^\s*[[{]/.test(text)) return 'text'
  try {
    JSON.parse(text)
    return 'json'
  } catch {
    return 'text'
  }
}

function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let start = 0; start < bytes.length; start += HEX_COLUMNS) {
    const row = [...bytes.subarray(start, start + HEX_COLUMNS)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    const offset = start.toString(16).padStart(6, '0')
    lines.push(`${offset}  ${hex.padEnd(HEX_COLUMNS * 3)} ${text.join('')}`)
  }
  return lines.join('\n')
}

function showUnusual(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`
  return value
}
