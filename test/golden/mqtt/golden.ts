import type { Packet } from '#codec/mqtt/packet.ts'
import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'

/** One packet of the table: its bytes, and what the codec has to make of them. */
export interface Golden {
  /** With the tags of the statements it proves. */
  name: string
  version: ProtocolVersion
  from: Sender
  bytes: Buffer
  /** The value, for good packets. */
  packet?: Packet
  /** The reason code, for bad ones. */
  reason?: number
  /** A part of the failure's detail, where several failures share reason and tag. */
  detail?: string
  /** False when an encoder writes the same value in fewer bytes. */
  canonical: boolean
}

export type Sender = 'client' | 'server'

/** A packet that decodes to `packet`, and that `packet` encodes to. */
export function good(
  name: string,
  version: ProtocolVersion,
  from: Sender,
  notation: string,
  packet: Packet,
): Golden {
  return { name, version, from, bytes: bytesOf(notation), packet, canonical: true }
}

/** A packet that decodes to `packet`, which encodes to something shorter. */
export function wordy(
  name: string,
  version: ProtocolVersion,
  from: Sender,
  notation: string,
  packet: Packet,
): Golden {
  return { name, version, from, bytes: bytesOf(notation), packet, canonical: false }
}

/** A packet that is refused with `reason`. */
export function bad(
  name: string,
  version: ProtocolVersion,
  from: Sender,
  notation: string,
  reason: number,
  detail: string = '',
): Golden {
  return { name, version, from, bytes: bytesOf(notation), reason, detail, canonical: false }
}

const TOKENS = /#[^\n]*|\s+|[0-9A-Fa-f]{2}|s?"[^"]*"|[@<>]/g

/**
 * Bytes of a packet in notation: pairs of hexadecimal digits; `"text"` its UTF-8; `s"text"` a
 * string with its two-byte length; `<` and `>` around properties, which puts their length in
 * front; `@` the remaining length; `#` a comment up to the end of the line. Written on its own,
 * without the codec, so that the two check each other.
 */
export function bytesOf(notation: string): Buffer {
  const stack: number[][] = [[]]
  let lengthAt = -1
  for (const token of notation.match(TOKENS) ?? []) {
    const out = stack.at(-1)!
    if (token.startsWith('#') || token.trim() === '') continue
    if (token === '<') stack.push([])
    else if (token === '>') {
      const content = stack.pop()!
      stack.at(-1)!.push(...lengthBytes(content.length), ...content)
    } else if (token === '@') lengthAt = out.length
    else if (token.startsWith('s')) {
      const text = Buffer.from(token.slice(2, -1))
      out.push(text.length >> 8, text.length & 255, ...text)
    } else if (token.startsWith('"')) out.push(...Buffer.from(token.slice(1, -1)))
    else out.push(Number.parseInt(token, 16))
  }
  const bytes = stack[0]!
  if (lengthAt >= 0) bytes.splice(lengthAt, 0, ...lengthBytes(bytes.length - lengthAt))
  return Buffer.from(bytes)
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = []
  let rest = length
  while (rest > 127) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}
