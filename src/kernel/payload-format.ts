/** How people write the bytes of a payload, on the command line and in the dashboard. */
export const PAYLOAD_FORMATS = ['text', 'json', 'hex', 'base64'] as const
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number]

/**
 * The bytes of a payload that somebody wrote.
 * @throws Error that says what is wrong with the text
 */
export function readPayload(text: string, format: PayloadFormat): Uint8Array<ArrayBuffer> {
  if (format === 'hex') return fromHex(text)
  if (format === 'base64') return fromBase64(text)
  if (format === 'json') JSON.parse(text)
  return new TextEncoder().encode(text)
}

/** Two digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replaceAll(/[\s,:]|0x/gi, '')
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error('Not hexadecimal: two digits a byte.')
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Base64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

/**
 * Bytes of base64 in either alphabet, with or without padding (RFC 4648, sections 4 and 5).
 * @throws Error when it is none
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.trim().replaceAll('-', '+').replaceAll('_', '/')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) throw new Error('Not Base64.')
  return Uint8Array.from(atob(digits), (char) => char.charCodeAt(0))
}
