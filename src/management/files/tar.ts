import { gunzipSync, gzipSync } from 'node:zlib'

/** A file of an archive. */
export interface TarEntry {
  /** Path with slashes. */
  readonly name: string
  readonly content: Buffer
}

/** An archive that cannot be read: what is wrong with it. */
export class TarError extends Error {
  override readonly name = 'TarError'
}

const BLOCK = 512
const NAME_BYTES = 100
const PREFIX_BYTES = 155
const FILE_MODE = '0000600\0'
/** Kinds of entries: files, and names of the next entry that are too long for its header. */
const FILES: ReadonlySet<string> = new Set(['0', '\0'])
const GNU_LONG_NAME = 'L'
const PAX_HEADER = 'x'

/** A tar archive (POSIX ustar; names that do not fit into it as pax has them) packed by gzip. */
export function packTar(entries: readonly TarEntry[], timeMs: number): Buffer {
  const blocks = entries.flatMap(({ name, content }) => {
    const split = splitName(name)
    if (split !== undefined) return blocksOf('0', split, content, timeMs)
    const record = Buffer.from(paxRecord('path', name))
    return [
      ...blocksOf(PAX_HEADER, { prefix: '', rest: 'pax' }, record, timeMs),
      ...blocksOf('0', { prefix: '', rest: 'see-pax-header' }, content, timeMs),
    ]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]))
}

/** A name in the two fields that a header has for it. */
interface SplitName {
  readonly prefix: string
  readonly rest: string
}

function blocksOf(kind: string, name: SplitName, content: Buffer, timeMs: number): Buffer[] {
  const padding = (BLOCK - (content.length % BLOCK)) % BLOCK
  return [headerOf(kind, name, content.length, timeMs), content, Buffer.alloc(padding)]
}

/** Undefined when no slash of it stands where both parts fit. */
function splitName(name: string): SplitName | undefined {
  if (Buffer.byteLength(name) <= NAME_BYTES) return { prefix: '', rest: name }
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const prefix = name.slice(0, at)
    const rest = name.slice(at + 1)
    if (Buffer.byteLength(prefix) > PREFIX_BYTES) return undefined
    if (rest !== '' && Buffer.byteLength(rest) <= NAME_BYTES) return { prefix, rest }
  }
  return undefined
}

/** `<length> <key>=<value>\n`; the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  let length = bytes + String(bytes).length
  if (String(length).length > String(bytes).length) length += 1
  return `${length}${rest}`
}

/**
 * The files of a tar archive packed by gzip; what is no file is passed over.
 * @throws TarError when it is damaged, or unpacked larger than `bytesMax`
 */
export function unpackTar(packed: Uint8Array, bytesMax: number): readonly TarEntry[] {
  const bytes = unpack(packed, bytesMax)
  const entries: TarEntry[] = []
  let longName: string | undefined
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const header = bytes.subarray(at, at + BLOCK)
    // The end is an empty block.
    if (header[0] === 0) return entries
    const size = octal(header, 124, 12)
    const begin = at + BLOCK
    if (!isChecked(header) || Number.isNaN(size) || begin + size > bytes.length) {
      throw new TarError(`the archive is damaged at byte ${at}`)
    }
    const content = bytes.subarray(begin, begin + size)
    const kind = String.fromCharCode(header[156] ?? 0)
    if (kind === GNU_LONG_NAME) longName = text(content, 0, content.length)
    else if (kind === PAX_HEADER) longName = paxPath(content)
    else {
      if (FILES.has(kind)) entries.push({ name: longName ?? nameOf(header), content })
      longName = undefined
    }
    at = begin + Math.ceil(size / BLOCK) * BLOCK
  }
  throw new TarError(`the archive is cut at byte ${bytes.length}`)
}

function unpack(packed: Uint8Array, bytesMax: number): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: bytesMax })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TarError(`the archive cannot be unpacked: ${reason}`)
  }
}

function headerOf(kind: string, name: SplitName, size: number, timeMs: number): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(name.rest, 0)
  header.write(FILE_MODE, 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write(
    `${Math.floor(timeMs / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  )
  header.write(kind, 156)
  header.write('ustar\x0000', 257)
  header.write(name.prefix, 345)
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** The sum of all bytes, those of the sum itself taken as spaces. */
function checksum(header: Buffer): number {
  let sum = 8 * 0x20
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte
  return sum
}

function isChecked(header: Buffer): boolean {
  return octal(header, 148, 8) === checksum(header)
}

function octal(header: Buffer, at: number, length: number): number {
  const digits = text(header, at, at + length).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

function nameOf(header: Buffer): string {
  const prefix = text(header, 257, 262) === 'ustar' ? text(header, 345, 500) : ''
  const name = text(header, 0, NAME_BYTES)
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Up to the first zero byte. */
function text(bytes: Buffer, from: number, to: number): string {
  const end = bytes.indexOf(0, from)
  return bytes.toString('utf8', from, end === -1 || end > to ? to : end)
}

/** The path of a pax header: records of `<length> <key>=<value>\n`. */
function paxPath(content: Buffer): string | undefined {
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(' ', at)
    const length = Number(content.toString('latin1', at, space))
    if (space === -1 || !Number.isSafeInteger(length) || length <= space - at) return undefined
    const record = content.toString('utf8', space + 1, at + length - 1)
    if (record.startsWith('path=')) return record.slice('path='.length)
    at += length
  }
  return undefined
}
