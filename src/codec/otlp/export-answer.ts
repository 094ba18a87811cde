/** What a collector says of a request that it took in part (OTLP, partial success). */
export interface ExportAnswer {
  /** Items that it did not take. */
  readonly rejected: number
  readonly message: string
}

const ALL_TAKEN: ExportAnswer = { rejected: 0, message: '' }
const PARTIAL_SUCCESS_TAG = 0x0a
const REJECTED_TAG = 0x08
const MESSAGE_TAG = 0x12

/** Reads the answer of any of the three services; what is not understood counts as taken. */
export function readExportAnswer(bytes: Uint8Array): ExportAnswer {
  if (bytes[0] !== PARTIAL_SUCCESS_TAG) return ALL_TAKEN
  const length = readVarint(bytes, 1)
  const end = length.next + length.value
  if (end > bytes.length) return ALL_TAKEN
  let rejected = 0
  let message = ''
  let at = length.next
  while (at < end) {
    const tag = bytes[at]
    const { value, next } = readVarint(bytes, at + 1)
    if (tag === REJECTED_TAG) {
      rejected = value
      at = next
    } else if (tag === MESSAGE_TAG && next + value <= end) {
      message = Buffer.from(bytes.subarray(next, next + value)).toString('utf8')
      at = next + value
    } else break
  }
  return { rejected, message }
}

function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0
  let factor = 1
  for (let at = start; at < Math.min(bytes.length, start + 8); at++) {
    const byte = bytes[at] ?? 0
    value += (byte % 128) * factor
    if (byte < 128) return { value, next: at + 1 }
    factor *= 128
  }
  return { value: 0, next: bytes.length }
}
