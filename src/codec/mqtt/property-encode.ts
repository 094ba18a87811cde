import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { Properties } from './properties.ts'
import { PROPERTY_SPECS, PropertyType } from './property-table.ts'
import type { PropertySpec } from './property-table.ts'
import {
  beginPacket,
  binarySize,
  putBinary,
  putString,
  putUint16,
  putUint32,
  putVarint,
  stringSize,
} from './put.ts'
import { varintLength } from './varint.ts'

const SPEC_OF_FIELD = new Map<string, PropertySpec>(PROPERTY_SPECS.map((s) => [s.field, s]))

/** Bytes of the content of a property section. Fields that are no properties are ignored. */
export function propertiesLength(props: Properties): number {
  let length = 0
  for (const [field, value] of Object.entries(props)) {
    const spec = SPEC_OF_FIELD.get(field)
    if (spec !== undefined && value !== undefined) length += valueSize(spec, value)
  }
  return length
}

/** Bytes of a property section with its length. */
export function propertySectionSize(contentLength: number): number {
  return varintLength(contentLength) + contentLength
}

/**
 * Writes a property section: its length, then its content. `contentLength` is what
 * `propertiesLength` gave; the caller has ensured the room. No properties: a single 0
 * [MQTT-2.2.2-1].
 */
export function putProperties(w: ByteWriter, props: Properties, contentLength: number): void {
  putVarint(w, contentLength)
  putPropertyContent(w, props)
}

/** Writes the content alone. */
export function putPropertyContent(w: ByteWriter, props: Properties): void {
  for (const [field, value] of Object.entries(props)) {
    const spec = SPEC_OF_FIELD.get(field)
    if (spec !== undefined && value !== undefined) putValue(w, spec, value)
  }
}

/** Value of a field of `Properties`. */
type PropertyValue = NonNullable<Properties[keyof Properties]>

function valueSize(spec: PropertySpec, value: PropertyValue): number {
  let size = 0
  // The table ties a field to its wire type, which the compiler cannot follow: hence the casts.
  switch (spec.type) {
    case PropertyType.PAIR:
      for (const [name, text] of value as NonNullable<Properties['userProperties']>) {
        size += 1 + stringSize(name) + stringSize(text)
      }
      return size
    case PropertyType.VARINT:
      for (const id of value as number[]) size += 1 + varintLength(id)
      return size
    case PropertyType.TEXT:
      return 1 + stringSize(value as string)
    case PropertyType.BINARY:
      return 1 + binarySize(value as Buffer)
    case PropertyType.UINT32:
      return 5
    case PropertyType.UINT16:
      return 3
    default:
      return 2
  }
}

function putValue(w: ByteWriter, spec: PropertySpec, value: PropertyValue): void {
  if (spec.type === PropertyType.PAIR) {
    for (const [name, text] of value as NonNullable<Properties['userProperties']>) {
      putByte(w, spec.id)
      putString(w, name)
      putString(w, text)
    }
    return
  }
  if (spec.type === PropertyType.VARINT) {
    for (const id of value as number[]) {
      putByte(w, spec.id)
      putVarint(w, id)
    }
    return
  }
  putByte(w, spec.id)
  switch (spec.type) {
    case PropertyType.TEXT:
      return putString(w, value as string)
    case PropertyType.BINARY:
      return putBinary(w, value as Buffer)
    case PropertyType.UINT32:
      return putUint32(w, value as number)
    case PropertyType.UINT16:
      return putUint16(w, value as number)
    default:
      return putByte(w, Number(value))
  }
}

function putByte(w: ByteWriter, value: number): void {
  w.bytes[w.offset++] = value
}

/**
 * `props` without what may not go because the packet would be larger than the receiver accepts:
 * first the user properties, then the reason string are left out. Other properties stay.
 * @param fits tells whether the packet with a property content of so many bytes is small enough
 */
export function fitProperties(
  props: Properties,
  fits: (contentLength: number) => boolean,
): Properties {
  if (fits(propertiesLength(props))) return props
  const kept = { ...props }
  delete kept.userProperties
  if (!fits(propertiesLength(kept))) delete kept.reasonString
  return kept
}

/**
 * Writes a packet whose body is a reason and properties (DISCONNECT, AUTH): nothing when the
 * reason is 0 and there are no properties, the reason alone when there are none.
 */
export function putReasonPacket(
  w: ByteWriter,
  first: number,
  reason: number,
  properties: Properties,
  packetBytesMax: number,
): void {
  const bodySize = (content: number): number => {
    if (content > 0) return 1 + propertySectionSize(content)
    return reason === 0 ? 0 : 1
  }
  const props = fitProperties(properties, (content) => {
    const body = bodySize(content)
    return 1 + varintLength(body) + body <= packetBytesMax
  })
  const propsLength = propertiesLength(props)
  const body = bodySize(propsLength)
  beginPacket(w, first, body)
  if (body > 0) w.bytes[w.offset++] = reason
  if (body > 1) putProperties(w, props, propsLength)
}
