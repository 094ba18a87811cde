import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** Name of the file with the data, inside the directory of an environment. */
export const DATA_FILE = 'data.mdb'

const LOCK_FILE = 'lock.mdb'

/** Where things stand in the first two pages of lmdb's data format 2, in bytes of a page. */
const Meta = {
  FLAGS: 18,
  MAGIC: 24,
  VERSION: 28,
  PAGE_BYTES: 48,
  LAST_PAGE: 144,
  BYTES: 168,
} as const
const META_FLAG = 0x08
const MAGIC = 0xbeefc0de
const DATA_VERSION = 2
const PAGE_BYTES_MIN = 256
const PAGE_BYTES_MAX = 65_536

const PROBE_FILE = 'room.probe'
const PROBE_BYTES_MIN = 1024 * 1024
const PROBE_BYTES_MAX = 16 * 1024 * 1024

/**
 * Throws what the operating system says when the files of an environment may not be used. lmdb
 * 3.5.6 often takes the process down with it when it cannot open a file, so it is asked before.
 */
export function requireAccess(path: string): void {
  accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  for (const file of [join(path, DATA_FILE), join(path, LOCK_FILE)]) {
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK)
  }
}

/**
 * What makes an existing data file no environment, or undefined when it looks like one. Checked
 * before lmdb sees the file, which takes an empty one for new and ends the process over others.
 */
export function whatIsWrong(path: string): string | undefined {
  const file = openSync(join(path, DATA_FILE), 'r')
  try {
    const first = readMeta(file, 0)
    if (first === undefined) return 'it is shorter than its header'
    const problem = metaProblem(first)
    if (problem !== undefined) return problem
    const second = readMeta(file, first.readUInt32LE(Meta.PAGE_BYTES))
    return second === undefined ? 'it is shorter than its header' : metaProblem(second)
  } finally {
    closeSync(file)
  }
}

/** Size of the pages of an open, sound data file, in bytes. */
export function pageBytesOf(file: number): number {
  readSync(file, NUMBER, 0, 4, Meta.PAGE_BYTES)
  return NUMBER.readUInt32LE()
}

/** Number of the last page that the newest commit uses; the file may be longer. */
export function lastPageOf(file: number, pageBytes: number): number {
  readSync(file, NUMBER, 0, 8, Meta.LAST_PAGE)
  const first = readNumber()
  readSync(file, NUMBER, 0, 8, pageBytes + Meta.LAST_PAGE)
  // It never becomes less.
  return Math.max(first, readNumber())
}

/** For the numbers above, which are asked for at every commit. */
const NUMBER = Buffer.alloc(8)

function readNumber(): number {
  return NUMBER.readUInt32LE(0) + NUMBER.readUInt32LE(4) * 2 ** 32
}

function readMeta(file: number, position: number): Buffer | undefined {
  const meta = Buffer.alloc(Meta.BYTES)
  return readSync(file, meta, 0, Meta.BYTES, position) === Meta.BYTES ? meta : undefined
}

function metaProblem(meta: Buffer): string | undefined {
  const isMeta = (meta.readUInt16LE(Meta.FLAGS) & META_FLAG) !== 0
  if (!isMeta || meta.readUInt32LE(Meta.MAGIC) !== MAGIC) return 'its header is not one of lmdb'
  const version = meta.readUInt32LE(Meta.VERSION)
  if (version !== DATA_VERSION) return `its data format is ${version}, not ${DATA_VERSION}`
  const size = meta.readUInt32LE(Meta.PAGE_BYTES)
  const isSize = size >= PAGE_BYTES_MIN && size <= PAGE_BYTES_MAX && (size & (size - 1)) === 0
  return isSize ? undefined : `its header says pages of ${size} bytes`
}

/**
 * Tries out whether the disk, a quota and the limit on the size of files would let the data file
 * grow by about `bytes`. Writes up to 16 MB into a file of its own and removes it; blocks the
 * thread meanwhile, so it is for after a failure, and for a new environment.
 */
export function hasRoom(path: string, bytes: number): boolean {
  const probe = join(path, PROBE_FILE)
  const size = Math.min(PROBE_BYTES_MAX, Math.max(PROBE_BYTES_MIN, 2 * bytes))
  try {
    const file = openSync(probe, 'w')
    try {
      const start = statSync(join(path, DATA_FILE), { throwIfNoEntry: false })?.size ?? 0
      ftruncateSync(file, start + size)
      return writeSync(file, Buffer.alloc(size), 0, size, start) === size
    } finally {
      closeSync(file)
      rmSync(probe)
    }
  } catch {
    return false
  }
}
