/** MQTT 5 properties under the names that rules use, and back. */
import type { Properties, UserProperty } from '#codec/mqtt/properties.ts'
import { buildProperties } from '#codec/mqtt/property-decode.ts'
import { propertiesLength, putPropertyContent } from '#codec/mqtt/property-encode.ts'
import { PROPERTY_SPECS } from '#codec/mqtt/property-table.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { setKey } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'

/** `Content-Type` for `contentType`. */
const SHOWN: ReadonlyMap<string, string> = new Map(
  PROPERTY_SPECS.map(({ field, title }) => [field, title.replaceAll(' ', '-')]),
)

/**
 * Properties as rules see them. `User-Property` is a map, in which of several values of a name the
 * last one is left; `User-Property-Pairs` has them all.
 */
export function showProperties(properties: Properties): ValueMap {
  const shown: MutableValueMap = {}
  for (const [field, value] of Object.entries(properties)) {
    const name = SHOWN.get(field)
    if (name === undefined || value === undefined || field === 'userProperties') continue
    shown[name] = value as Value // Numbers, booleans, text and bytes.
  }
  const { userProperties = [] } = properties
  if (userProperties.length === 0) return shown
  const byName: MutableValueMap = {}
  for (const [key, value] of userProperties) setKey(byName, key, value)
  shown['User-Property'] = byName
  shown['User-Property-Pairs'] = userProperties.map(([key, value]) => ({ key, value }))
  return shown
}

/**
 * The properties of a message as rules see them.
 * @param expirySeconds what it was published with; 0 = it does not expire
 */
export function showMessageProperties(content: Buffer, expirySeconds: number): ValueMap {
  const properties = buildProperties(content, 0, content.length)
  if (expirySeconds > 0) properties.messageExpiryIntervalSeconds = expirySeconds
  return showProperties(properties)
}

/** The content of a property section with other user properties. */
export function withUserProperties(content: Buffer, pairs: readonly UserProperty[]): Buffer {
  const properties = buildProperties(content, 0, content.length)
  if (pairs.length > 0) properties.userProperties = [...pairs]
  else delete properties.userProperties
  return encodeProperties(properties)
}

/** The content of a property section. */
export function encodeProperties(properties: Properties): Buffer {
  const length = propertiesLength(properties)
  if (length === 0) return NO_PROPERTIES
  const writer = new ByteWriter(length)
  putPropertyContent(writer, properties)
  return writer.bytes.subarray(0, writer.offset)
}

const NO_PROPERTIES = Buffer.alloc(0)
