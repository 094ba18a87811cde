import { DecodeFailure } from './decode-failure.ts'
import type { PacketType } from './packet-type.ts'
import type { Properties } from './properties.ts'
import { PROPERTY_IDS, PropertyType, SPEC_OF_ID } from './property-table.ts'
import type { PropertySpec, WILL_CONTEXT } from './property-table.ts'
import { BAD_UTF8, BAD_VARINT, NUL_IN_TEXT, PacketReader, TRUNCATED } from './reader.ts'
import { ReasonCode } from './reason-codes.ts'
import { isMqttUtf8, isUtf8 } from './utf8.ts'
import { readVarint, varintLength } from './varint.ts'

/** Where properties stand: a packet type, or the will inside CONNECT. */
export type PropertyContext = PacketType | typeof WILL_CONTEXT

export const UNKNOWN_PROPERTY = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'a property identifier is unknown',
)
export const TOO_MANY_USER_PROPERTIES = new DecodeFailure(
  ReasonCode.QUOTA_EXCEEDED,
  'the packet has more user properties than allowed',
)
export const RESPONSE_TOPIC_WILDCARD = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the response topic contains a wildcard',
  '[MQTT-3.3.2-14]',
)
export const RESPONSE_TOPIC_EMPTY = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the response topic is empty',
  '[MQTT-4.7.3-1]',
)

const RESPONSE_TOPIC = 0x08
const TOPIC_ALIAS = 0x23

function failures(make: (spec: PropertySpec) => DecodeFailure): readonly DecodeFailure[] {
  return Array.from({ length: PROPERTY_IDS }, (_, id) => {
    const spec = SPEC_OF_ID[id]
    return spec === undefined ? UNKNOWN_PROPERTY : make(spec)
  })
}

const MISPLACED = failures(
  ({ title }) => new DecodeFailure(ReasonCode.MALFORMED_PACKET, `${title} has no place here`),
)
const REPEATED = failures(
  ({ title }) => new DecodeFailure(ReasonCode.PROTOCOL_ERROR, `${title} is there twice`),
)
const OUT_OF_RANGE = failures(({ id, title }) =>
  id === TOPIC_ALIAS
    ? new DecodeFailure(ReasonCode.TOPIC_ALIAS_INVALID, 'Topic Alias is 0', '[MQTT-3.3.2-8]')
    : new DecodeFailure(ReasonCode.PROTOCOL_ERROR, `${title} has a value out of its range`),
)

/** The failure for a property that has no place in its packet (§2.2.2.2: malformed). */
export function misplacedProperty(id: number): DecodeFailure {
  return MISPLACED[id] ?? UNKNOWN_PROPERTY
}

/** The failure for a second copy of a property. */
export function repeatedProperty(id: number): DecodeFailure {
  return REPEATED[id] ?? UNKNOWN_PROPERTY
}

/** The failure for a number out of its range. */
export function propertyOutOfRange(id: number): DecodeFailure {
  return OUT_OF_RANGE[id] ?? UNKNOWN_PROPERTY
}

/**
 * Offset after the UTF-8 Encoded String at `at`, or negative: hand it to `skipFailure`. Hot path.
 */
export function skipText(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1
  const start = at + 2
  const next = start + ((bytes[at]! << 8) | bytes[at + 1]!) // In range: checked above.
  if (next > end) return -1
  if (isMqttUtf8(bytes, start, next)) return next // [MQTT-1.5.4-1] [MQTT-1.5.4-2]
  return isUtf8(bytes, start, next) ? -3 : -2
}

/** Offset after the Binary Data at `at`, or -1: hand it to `skipFailure`. Hot path. */
export function skipBinary(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1
  const next = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!) // In range: checked above.
  return next > end ? -1 : next
}

/** What a negative answer of the `skip…` functions means. */
export function skipFailure(answer: number): DecodeFailure {
  if (answer === -2) return BAD_UTF8
  if (answer === -3) return NUL_IN_TEXT
  return answer === -5 ? BAD_VARINT : TRUNCATED
}

/** True when bytes `start`..`end` contain `+` or `#`. */
export function hasWildcard(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === 0x2b || byte === 0x23) return true
  }
  return false
}

/**
 * Checks the content of a property section (without its length): identifiers, place, repetition,
 * ranges, UTF-8, number of user properties. Allocates nothing.
 *
 *     property section: length (varint) then properties
 *     property: identifier (varint, all below 0x80) value
 */
export function checkProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: PropertyContext,
  userPropertiesMax: number,
): DecodeFailure | undefined {
  let at = start
  let seenLow = 0
  let seenHigh = 0
  let userProperties = 0
  while (at < end) {
    const id = bytes[at++]! // In range: `at < end`.
    const spec = SPEC_OF_ID[id]
    if (spec === undefined) return UNKNOWN_PROPERTY
    if (((spec.packets >> context) & 1) === 0) return misplacedProperty(id)
    const bit = 1 << (id & 31)
    if (((id < 32 ? seenLow : seenHigh) & bit) !== 0 && ((spec.repeatable >> context) & 1) === 0) {
      return repeatedProperty(id)
    }
    if (id < 32) seenLow |= bit
    else seenHigh |= bit
    if (spec.type === PropertyType.PAIR && ++userProperties > userPropertiesMax) {
      return TOO_MANY_USER_PROPERTIES
    }
    const next = skipValue(bytes, at, end, spec)
    if (next === -4) return propertyOutOfRange(id)
    if (next < 0) return skipFailure(next)
    if (id === RESPONSE_TOPIC) {
      if (next === at + 2) return RESPONSE_TOPIC_EMPTY
      if (hasWildcard(bytes, at + 2, next)) return RESPONSE_TOPIC_WILDCARD // [MQTT-3.3.2-14]
    }
    at = next
  }
  return undefined
}

/** Offset after a value; -4 when out of range, else negative as `skipFailure` reads it. */
function skipValue(bytes: Uint8Array, at: number, end: number, spec: PropertySpec): number {
  if (spec.type === PropertyType.TEXT) return skipText(bytes, at, end)
  if (spec.type === PropertyType.BINARY) return skipBinary(bytes, at, end)
  if (spec.type === PropertyType.PAIR) {
    const next = skipText(bytes, at, end)
    return next < 0 ? next : skipText(bytes, next, end) // [MQTT-1.5.7-1]
  }
  if (spec.type === PropertyType.VARINT) {
    const value = readVarint(bytes, at, end)
    if (value < 0) return -5
    return value < spec.min ? -4 : at + varintLength(value)
  }
  const size = numberSize(spec.type)
  if (at + size > end) return -1
  const value = readNumber(bytes, at, size)
  return value < spec.min || value > spec.max ? -4 : at + size
}

function numberSize(type: PropertyType): number {
  if (type === PropertyType.UINT16) return 2
  return type === PropertyType.UINT32 ? 4 : 1
}

function readNumber(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]! // Caller checked the range.
  return value
}

/** Plain object of property content that `checkProperties` (or `decodePublish`) has accepted. */
export function buildProperties(bytes: Uint8Array, start: number, end: number): Properties {
  const props: Properties = {}
  const reader = new PacketReader(bytes, start, end)
  while (reader.at < end) {
    const spec = SPEC_OF_ID[reader.uint8()]
    if (spec === undefined) break // Cannot happen in accepted content.
    if (spec.type === PropertyType.PAIR) {
      props.userProperties ??= []
      props.userProperties.push([reader.text(), reader.text()])
    } else if (spec.type === PropertyType.VARINT) {
      props.subscriptionIdentifiers ??= []
      props.subscriptionIdentifiers.push(reader.varint())
    } else {
      Object.assign(props, { [spec.field]: readValue(reader, spec.type) })
    }
  }
  return props
}

function readValue(reader: PacketReader, type: PropertyType): number | boolean | string | Buffer {
  switch (type) {
    case PropertyType.BOOLEAN:
      return reader.uint8() === 1
    case PropertyType.UINT16:
      return reader.uint16()
    case PropertyType.UINT32:
      return reader.uint32()
    case PropertyType.TEXT:
      return reader.text()
    case PropertyType.BINARY:
      return reader.binary()
    default:
      return reader.uint8()
  }
}

/**
 * Reads a property section with its length from `reader`, checks it, and gives its plain object;
 * on failure (kept in the reader) an empty one.
 */
export function readProperties(
  reader: PacketReader,
  context: PropertyContext,
  userPropertiesMax: number,
): Properties {
  const length = reader.varint()
  if (length > reader.left()) reader.fail(TRUNCATED)
  if (reader.failure !== undefined) return {}
  const start = reader.at
  const end = start + length
  const failure = checkProperties(reader.bytes, start, end, context, userPropertiesMax)
  if (failure !== undefined) {
    reader.fail(failure)
    return {}
  }
  reader.at = end
  return buildProperties(reader.bytes, start, end)
}
