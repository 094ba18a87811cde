/**
 * Frame around every stored value: `[format version u8][crc32 u32 little endian][payload]`.
 *
 * The format version belongs to the kind of value (session, queue entry ...), not to the store; the
 * reader of that kind knows how to read older ones. The checksum tells rot, torn pages and foreign
 * bytes from a value; it is no protection against someone who wants to change one.
 *
 * A payload of up to 64 KiB is checked whole. Of a larger one the first and the last 32 KiB and the
 * length are: checksumming a megabyte would hold the event loop for about a millisecond, and what
 * happens to big values in practice (cut off, page of zeros, other value's pages) shows at an end.
 */

/** Bytes in front of the payload. */
export const RECORD_HEADER_BYTES = 5

/** Payloads up to this size are checksummed whole, larger ones at both ends only. */
export const RECORD_WHOLE_CHECK_BYTES_MAX = 65_536

const END_CHECK_BYTES = RECORD_WHOLE_CHECK_BYTES_MAX / 2

/** What is wrong with a record: too short to be one, or its checksum does not fit. */
export const RecordFault = { SHORT: -1, CHECKSUM: -2 } as const
export type RecordFault = (typeof RecordFault)[keyof typeof RecordFault]

const TABLES: readonly Int32Array[] = makeTables()

/** A new record with a copy of `payload`. `version` is 0..255. */
export function encodeRecord(version: number, payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + payload.length)
  record.set(payload, RECORD_HEADER_BYTES)
  sealRecord(record, version)
  return record
}

/**
 * Fills the header of a record whose payload already stands at `RECORD_HEADER_BYTES`, without
 * copying it: for encoders that write the payload straight into place. `version` is 0..255.
 */
export function sealRecord(record: Uint8Array, version: number): void {
  const checksum = recordChecksum(record, version)
  record[0] = version
  record[1] = checksum
  record[2] = checksum >>> 8
  record[3] = checksum >>> 16
  record[4] = checksum >>> 24
}

/**
 * Checks a record and says its format version (0..255), or a negative `RecordFault`.
 * The payload is `record.subarray(RECORD_HEADER_BYTES)`.
 */
export function checkRecord(record: Uint8Array): number {
  if (record.length < RECORD_HEADER_BYTES) return RecordFault.SHORT
  const version = record[0]! // In range: checked above, as are the next four.
  const stored = record[1]! | (record[2]! << 8) | (record[3]! << 16) | (record[4]! << 24)
  return stored === recordChecksum(record, version) ? version : RecordFault.CHECKSUM
}

/** The payload of a record, a view without copying; no check. */
export function recordPayload(record: Uint8Array): Uint8Array {
  return record.subarray(RECORD_HEADER_BYTES)
}

/**
 * CRC-32 (ISO-HDLC, the one of gzip and PNG) of `bytes[start, end)`, as a signed 32-bit number.
 * `previous` is the checksum of what stands in front, 0 at the beginning.
 */
export function crc32(bytes: Uint8Array, start: number, end: number, previous = 0): number {
  const [t0, t1, t2, t3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array] // Four made.
  let crc = ~previous
  let offset = start
  // Four bytes a step through four tables: about twice the speed of one byte a step.
  for (const last = end - 4; offset <= last; offset += 4) {
    crc ^=
      bytes[offset]! |
      (bytes[offset + 1]! << 8) |
      (bytes[offset + 2]! << 16) |
      (bytes[offset + 3]! << 24)
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; offset < end; offset++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[offset]!) & 0xff]!
  return ~crc
}

function recordChecksum(record: Uint8Array, version: number): number {
  const end = record.length
  const payloadBytes = end - RECORD_HEADER_BYTES
  // The version takes part, so that a flipped bit in it does not choose the wrong reader.
  const seed = Math.imul(version + 1, 0x9e3779b1) | 0
  if (payloadBytes <= RECORD_WHOLE_CHECK_BYTES_MAX) {
    return crc32(record, RECORD_HEADER_BYTES, end, seed)
  }
  const head = crc32(
    record,
    RECORD_HEADER_BYTES,
    RECORD_HEADER_BYTES + END_CHECK_BYTES,
    seed ^ payloadBytes,
  )
  return crc32(record, end - END_CHECK_BYTES, end, head)
}

function makeTables(): Int32Array[] {
  const tables = [0, 1, 2, 3].map(() => new Int32Array(256))
  const first = tables[0]! // Four were made above.
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    first[byte] = crc
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = first[byte]! // In range: 256 entries.
    for (let table = 1; table < 4; table++) {
      crc = first[crc & 0xff]! ^ (crc >>> 8)
      tables[table]![byte] = crc
    }
  }
  return tables
}
