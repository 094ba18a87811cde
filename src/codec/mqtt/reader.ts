import { DecodeFailure } from './decode-failure.ts'
import { ReasonCode } from './reason-codes.ts'
import { decodeUtf8, isMqttUtf8, isUtf8 } from './utf8.ts'
import { readVarint, varintLength } from './varint.ts'

export const TRUNCATED = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'the packet ends inside a field',
)
export const TRAILING = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'the packet is longer than its fields',
)
export const BAD_UTF8 = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'a string is not well-formed UTF-8',
  '[MQTT-1.5.4-1]',
)
export const NUL_IN_TEXT = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'a string contains U+0000',
  '[MQTT-1.5.4-2]',
)
export const BAD_VARINT = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'a Variable Byte Integer is cut off, too long or padded',
  '[MQTT-1.5.5-1]',
)
export const ZERO_PACKET_ID = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the packet identifier is 0',
  '[MQTT-2.2.1-3]',
)

/** Which of the two rules for strings the bytes break, for bytes that `isMqttUtf8` refused. */
export function textFailure(bytes: Uint8Array, start: number, end: number): DecodeFailure {
  return isUtf8(bytes, start, end) ? NUL_IN_TEXT : BAD_UTF8
}

/**
 * Reads the fields of one packet that is not on a hot path.
 *
 * The first failure sticks: every read after it answers 0, '' or an empty buffer, so that a
 * decoder checks `failure` once at its end (and before it trusts a loop).
 */
export class PacketReader {
  readonly bytes: Uint8Array
  readonly end: number
  at: number
  failure: DecodeFailure | undefined

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.at = start
    this.end = end
    this.failure = undefined
  }

  /** Notes a failure unless there is an earlier one. */
  fail(failure: DecodeFailure): void {
    this.failure ??= failure
    this.at = this.end
  }

  /** Bytes that are left. */
  left(): number {
    return this.end - this.at
  }

  uint8(): number {
    if (!this.#has(1)) return 0
    return this.bytes[this.at++]! // In range: checked above, as below.
  }

  uint16(): number {
    if (!this.#has(2)) return 0
    const value = (this.bytes[this.at]! << 8) | this.bytes[this.at + 1]!
    this.at += 2
    return value
  }

  /** Packet identifier of a packet that must have one: 1..65535. */
  packetId(): number {
    const id = this.uint16()
    if (id === 0) this.fail(ZERO_PACKET_ID) // [MQTT-2.2.1-3] [MQTT311-2.3.1-1]
    return id
  }

  uint32(): number {
    const high = this.uint16()
    return high * 0x1_0000 + this.uint16()
  }

  varint(): number {
    const value = readVarint(this.bytes, this.at, this.end)
    if (value < 0) {
      this.fail(BAD_VARINT)
      return 0
    }
    this.at += varintLength(value)
    return value
  }

  /** UTF-8 Encoded String, validated (§1.5.4). */
  text(): string {
    const length = this.uint16()
    if (!this.#has(length)) return ''
    const start = this.at
    this.at += length
    if (!isMqttUtf8(this.bytes, start, this.at)) {
      this.fail(textFailure(this.bytes, start, this.at))
      return ''
    }
    return decodeUtf8(this.bytes, start, start + length)
  }

  /** Binary Data (§1.5.6) as a copy with memory of its own. */
  binary(): Buffer {
    const length = this.uint16()
    if (!this.#has(length)) return Buffer.alloc(0)
    // Not from the pool: a password or a will may live long and would pin a whole pool block.
    const copy = Buffer.allocUnsafeSlow(length)
    copy.set(this.bytes.subarray(this.at, this.at + length))
    this.at += length
    return copy
  }

  /** The failure, or one for bytes that no field has claimed. */
  finish(): DecodeFailure | undefined {
    if (this.failure === undefined && this.at !== this.end) this.failure = TRAILING
    return this.failure
  }

  #has(count: number): boolean {
    if (this.failure !== undefined) return false
    if (this.end - this.at >= count) return true
    this.fail(TRUNCATED)
    return false
  }
}
