import { crc32, deflateRawSync } from 'node:zlib'

/** A file inside an archive. */
export interface ZipEntry {
  readonly name: string
  readonly content: Uint8Array
}

const LOCAL_HEADER_BYTES = 30
const CENTRAL_HEADER_BYTES = 46
const END_BYTES = 22
const VERSION = 20
const NAMES_ARE_UTF8 = 0x0800
const DEFLATED = 8
/** 1980-01-01: archives of the same content are the same. */
const DATE = 0x0021

/** A zip archive (APPNOTE 6.3, without 64-bit sizes: 4 GiB at most). */
export function zip(entries: readonly ZipEntry[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const { name, content } of entries) {
    const packed = deflateRawSync(content)
    const common = commonFields(name, content, packed)
    const local = Buffer.alloc(LOCAL_HEADER_BYTES)
    local.writeUInt32LE(0x04034b50, 0)
    common.copy(local, 4)
    parts.push(local, Buffer.from(name), packed)
    const central = Buffer.alloc(CENTRAL_HEADER_BYTES)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(VERSION, 4)
    common.copy(central, 6)
    central.writeUInt32LE(offset, 42)
    directory.push(central, Buffer.from(name))
    offset += LOCAL_HEADER_BYTES + Buffer.byteLength(name) + packed.length
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0)
  const end = Buffer.alloc(END_BYTES)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directoryBytes, 12)
  end.writeUInt32LE(offset, 16)
  return [...parts, ...directory, end]
}

/** What the local and the central header have in common, from the version to the name. */
function commonFields(name: string, content: Uint8Array, packed: Uint8Array): Buffer {
  const fields = Buffer.alloc(LOCAL_HEADER_BYTES - 4)
  fields.writeUInt16LE(VERSION, 0)
  fields.writeUInt16LE(NAMES_ARE_UTF8, 2)
  fields.writeUInt16LE(DEFLATED, 4)
  fields.writeUInt16LE(DATE, 8)
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(content.length, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}
