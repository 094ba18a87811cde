import { checkRecord, RECORD_HEADER_BYTES } from '#kernel/record.ts'

/** Version of all records that the core writes; readers know how to read older ones. */
export const RECORD_VERSION = 1

/**
 * The payload of a record, a view without copying; undefined when its checksum does not fit or
 * its version is not known.
 */
export function openRecord(value: Uint8Array): Buffer | undefined {
  if (checkRecord(value) !== RECORD_VERSION) return undefined
  const { buffer, byteOffset, length } = value
  return Buffer.from(buffer, byteOffset + RECORD_HEADER_BYTES, length - RECORD_HEADER_BYTES)
}
