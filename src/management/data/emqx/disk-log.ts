import { createHash } from 'node:crypto'

/** A log of Erlang that cannot be read: where, and why. */
export class DiskLogError extends Error {
  override readonly name = 'DiskLogError'

  constructor(reason: string, offset: number) {
    super(`${reason} at byte ${offset}`)
  }
}

/** One term of a log, as bytes. */
export interface LogItem {
  readonly offset: number
  readonly bytes: Buffer
}

const LOG_MAGIC = 0x01020304
const CLOSED = 0x63584d0b
const ITEM_MAGIC = 0x62574c41
const FILE_HEAD_BYTES = 8
const ITEM_HEAD_BYTES = 8
/** From here on an item has the MD5 of the four bytes of its size in front. */
const CHECKED_SIZE = 65_528
const MD5_BYTES = 16

/**
 * The items of a log that `disk_log` of Erlang wrote in its internal format and closed:
 *
 *     u32 01020304, u32 63584d0b, then for each item u32 size, u32 62574c41, its bytes
 *
 * @throws DiskLogError when it is none, or is cut
 */
export function* readDiskLog(log: Buffer): Generator<LogItem> {
  if (log.length < FILE_HEAD_BYTES || log.readUInt32BE() !== LOG_MAGIC) {
    throw new DiskLogError('no log of Erlang', 0)
  }
  if (log.readUInt32BE(4) !== CLOSED) throw new DiskLogError('a log that was not closed', 4)
  for (let at = FILE_HEAD_BYTES; at < log.length;) {
    if (at + ITEM_HEAD_BYTES > log.length) throw new DiskLogError('the log is cut', at)
    const size = log.readUInt32BE(at)
    if (log.readUInt32BE(at + 4) !== ITEM_MAGIC) throw new DiskLogError('no item of a log', at)
    const checkBytes = size < CHECKED_SIZE ? 0 : MD5_BYTES
    const offset = at + ITEM_HEAD_BYTES + checkBytes
    if (offset + size > log.length) throw new DiskLogError('the log is cut', at)
    const sum = log.subarray(at + ITEM_HEAD_BYTES, offset)
    if (checkBytes > 0 && !sum.equals(sumOf(log.subarray(at, at + 4)))) {
      throw new DiskLogError('a wrong checksum', at)
    }
    yield { offset, bytes: log.subarray(offset, offset + size) }
    at = offset + size
  }
}

function sumOf(size: Buffer): Buffer {
  return createHash('md5').update(size).digest()
}
