import {
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { type FileHandle, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { Fifo } from '#kernel/fifo.ts'
import type { DiskPlace } from './queued-record.ts'

/** An entry that was read. */
export interface DiskEntry {
  readonly content: Buffer
  readonly place: DiskPlace
}

/** What a log tells its owner. */
export interface DiskLogEvents {
  /** The disk does not take what is written; it is tried again. */
  writeFailed(reason: string): void
  /** The rest of a segment cannot be read and is left out. */
  damaged(segment: string, bytes: number): void
}

interface Segment {
  readonly number: number
  /** Bytes in it, those included that are about to be written. */
  size: number
}

interface Position {
  readonly segment: number
  readonly offset: number
}

/**
 * Told once: true when a kill of the process cannot take the entry any more, or it is not needed;
 * false when the log was closed before the disk took it.
 */
type Written = (isKept: boolean) => void

interface Waiting {
  readonly bytes: Buffer
  readonly place: DiskPlace
  readonly written: Written
}

const { O_CREAT, O_RDWR, O_WRONLY } = constants
const SEGMENT_BYTES = 8 * 1024 * 1024
/** What may wait to be written; then nothing more is taken. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024
const HEADER_BYTES = 8
const ENTRY_BYTES_MAX = 256 * 1024 * 1024
/** Numbers before it are for what has to stand in front of everything else. */
const FIRST_SEGMENT = 1_000_000
const SEGMENT_NAME = /^(\d{10})\.log$/
const POSITION_FILE = 'position'
const POSITION_BYTES = 32
const POSITION_PAUSE_MS = 100
const RETRY_WRITE_MS = 1000

/**
 * Entries on disk, first in, first out: files of a few megabytes and a note how far they are done
 * with. Written in the background in one piece per turn of the event loop. What was written
 * survives a kill of the process; an entry may come again after one. Each has a checksum.
 */
export class DiskLog {
  readonly #folder: string
  readonly #events: DiskLogEvents
  readonly #segments: Segment[]
  readonly #waiting: Fifo<Waiting>
  /** Places that were read or skipped and are not settled, in order. */
  readonly #outstanding: Fifo<DiskPlace>
  readonly #settled: Set<DiskPlace>
  #isWriting = false
  #writing: Promise<void> = Promise.resolve()
  #writer: { readonly segment: number; readonly file: FileHandle } | undefined
  #readSegment: number
  #readOffset: number
  #unreadBytes: number
  /** Everything before is settled. */
  #done: Position
  /** How far one of the segments was done with when the log was opened. */
  readonly #start: Position
  #positionTimer: NodeJS.Timeout | undefined
  /** No write is tried again any more. */
  readonly #closing = new AbortController()
  #isClosed = false

  /** Takes over what is in the folder, if it exists. */
  constructor(folder: string, events: DiskLogEvents) {
    this.#folder = folder
    this.#events = events
    this.#waiting = new Fifo(Infinity, WAITING_BYTES_MAX)
    this.#outstanding = new Fifo(Infinity, Infinity)
    this.#settled = new Set()
    this.#segments = listSegments(folder)
    const first = this.#segments[0]?.number ?? FIRST_SEGMENT
    this.#start = readPosition(folder)
    this.#readSegment = first
    this.#readOffset = this.#startOf(this.#segments[0])
    this.#done = { segment: first, offset: this.#readOffset }
    this.#unreadBytes = this.#segments.reduce((sum, segment) => {
      return sum + segment.size - this.#startOf(segment)
    }, 0)
  }

  /** Bytes that were appended and neither read nor skipped. */
  get unreadBytes(): number {
    return this.#unreadBytes
  }

  /** Nothing is in it that is not settled. */
  get isEmpty(): boolean {
    return this.#unreadBytes === 0 && this.#outstanding.count === 0
  }

  /**
   * Adds an entry; undefined when too much waits for the disk.
   * @param isSkipped the caller keeps it and will not read it; only if nothing is unread
   */
  append(content: Buffer, isSkipped: boolean, written: Written): DiskPlace | undefined {
    const bytes = Buffer.allocUnsafe(HEADER_BYTES + content.length)
    bytes.writeUInt32LE(content.length, 0)
    bytes.writeUInt32LE(crc32(content), 4)
    content.copy(bytes, HEADER_BYTES)
    if (!this.#waiting.hasRoom(bytes.length)) return undefined
    const segment = this.#segmentFor(bytes.length)
    const place = { segment: segment.number, start: segment.size, end: segment.size + bytes.length }
    segment.size = place.end
    this.#waiting.push({ bytes, place, written }, bytes.length)
    if (isSkipped) {
      this.#readSegment = place.segment
      this.#readOffset = place.end
      this.#outstanding.push(place, 0)
    } else this.#unreadBytes += bytes.length
    this.#startWriting()
    return place
  }

  /**
   * The next entries, so many bytes of them or one; none when there are no more.
   * @throws what the disk says; they are read the next time then
   */
  async read(bytesMax: number): Promise<readonly DiskEntry[]> {
    if (this.#unreadBytes === 0) return []
    await this.#writing
    while (!this.#isClosed && this.#unreadBytes > 0) {
      const segment = this.#segments.find(({ number }) => number === this.#readSegment)
      if (segment === undefined || this.#readOffset >= segment.size) {
        if (!this.#nextSegment()) return []
        continue
      }
      const entries = await this.#readFrom(segment, bytesMax)
      if (entries.length > 0) return entries
    }
    return []
  }

  /** An entry that was read or skipped is not needed any more. */
  settle(place: DiskPlace): void {
    this.#settled.add(place)
    for (let first = this.#outstanding.peek(); first !== undefined;) {
      if (!this.#settled.delete(first)) break
      this.#outstanding.shift()
      this.#done = { segment: first.segment, offset: first.end }
      first = this.#outstanding.peek()
    }
    this.#positionTimer ??= setTimeout(() => this.#notePosition(), POSITION_PAUSE_MS)
  }

  /** Puts the segments of another log before those of this one. Before anything else is done. */
  adopt(folder: string): void {
    const others = listSegments(folder)
    const position = readPosition(folder)
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    for (const other of others.toReversed()) {
      const number = (this.#segments[0]?.number ?? FIRST_SEGMENT) - 1
      renameSync(fileOf(folder, other.number), fileOf(this.#folder, number))
      this.#segments.unshift({ number, size: other.size })
      this.#unreadBytes += other.size
      const offset = position.segment === other.number ? position.offset : 0
      this.#readSegment = number
      this.#readOffset = offset
      this.#unreadBytes -= offset
      this.#done = { segment: number, offset }
    }
    rmSync(folder, { recursive: true, force: true })
  }

  /**
   * Writes what waits and lets go. Does not wait for a disk that takes nothing.
   * @param front entries that go before everything that is unread
   * @returns whether these are kept
   */
  async close(front: readonly Buffer[]): Promise<boolean> {
    this.#closing.abort()
    while (this.#waiting.count > 0) {
      this.#startWriting()
      await this.#writing
    }
    await this.#writing
    this.#isClosed = true
    clearTimeout(this.#positionTimer)
    try {
      await this.#writer?.file.close()
      if (this.isEmpty && front.length === 0) {
        await rm(this.#folder, { recursive: true, force: true })
      } else await this.#writePosition()
    } catch (error) {
      this.#events.writeFailed(reasonOf(error)) // Entries come again, that is all.
    }
    return front.length === 0 || this.#writeFront(front)
  }

  #segmentFor(bytes: number): Segment {
    const last = this.#segments.at(-1)
    if (last !== undefined && (last.size === 0 || last.size + bytes <= SEGMENT_BYTES)) return last
    const segment = { number: last === undefined ? FIRST_SEGMENT : last.number + 1, size: 0 }
    this.#segments.push(segment)
    if (this.#segments.length === 1) {
      this.#readSegment = segment.number
      this.#readOffset = 0
    }
    return segment
  }

  #startWriting(): void {
    if (this.#isWriting) return
    this.#isWriting = true
    // What is appended in the same turn goes in one piece.
    this.#writing = new Promise((resolve) => {
      setImmediate(() => {
        void this.#write().then(() => {
          this.#isWriting = false
          resolve()
          if (this.#waiting.count > 0) this.#startWriting()
        })
      })
    })
  }

  async #write(): Promise<void> {
    while (this.#waiting.count > 0) {
      const batch: Waiting[] = []
      const segment = this.#waiting.peek()?.place.segment
      while (this.#waiting.peek()?.place.segment === segment) {
        const next = this.#waiting.shift()
        if (next !== undefined) batch.push(next)
        else break
      }
      const [first] = batch
      if (first === undefined) return
      const bytes = Buffer.concat(batch.map((one) => one.bytes))
      const isKept = await this.#writeSurely(first.place.segment, bytes, first.place.start)
      if (!isKept) {
        // Nothing is written behind a gap.
        batch.push(...this.#waiting)
        this.#waiting.clear()
      }
      for (const { written, place } of batch) written(isKept || this.#isSettled(place))
    }
  }

  /** Places are given out already: it is tried until it works, or the log is closed. */
  async #writeSurely(segment: number, bytes: Buffer, at: number): Promise<boolean> {
    for (;;) {
      const { signal } = this.#closing
      const isLastTry = signal.aborted
      try {
        const file = await this.#fileFor(segment)
        for (let offset = 0; offset < bytes.length;) {
          const left = bytes.length - offset
          const { bytesWritten } = await file.write(bytes, offset, left, at + offset)
          offset += bytesWritten
        }
        return true
      } catch (error) {
        this.#events.writeFailed(reasonOf(error))
        if (isLastTry) {
          await this.#writer?.file.truncate(at).catch(() => {}) // It stays a torn end.
          return false
        }
        await pause(RETRY_WRITE_MS, undefined, { signal }).catch(() => {}) // It ends sooner.
      }
    }
  }

  #isSettled(place: DiskPlace): boolean {
    const { segment, offset } = this.#done
    const isBefore = place.segment < segment || (place.segment === segment && place.end <= offset)
    return isBefore || this.#settled.has(place)
  }

  async #fileFor(segment: number): Promise<FileHandle> {
    if (this.#writer?.segment === segment) return this.#writer.file
    await this.#writer?.file.close()
    this.#writer = undefined
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const file = await open(fileOf(this.#folder, segment), O_RDWR | O_CREAT, 0o600)
    this.#writer = { segment, file }
    return file
  }

  async #readFrom(segment: Segment, bytesMax: number): Promise<readonly DiskEntry[]> {
    const start = this.#readOffset
    const end = segment.size
    const path = fileOf(this.#folder, segment.number)
    const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    try {
      if (file === undefined) {
        this.#leaveOut(path, segment.number, start, end)
        return []
      }
      let chunk = await readBytes(file, start, Math.min(end - start, bytesMax))
      const first = chunk.length < HEADER_BYTES ? 0 : HEADER_BYTES + chunk.readUInt32LE(0)
      if (first > chunk.length && first <= end - start) chunk = await readBytes(file, start, first)
      const entries = this.#parse(chunk, segment.number, start)
      if (entries.length === 0) this.#leaveOut(path, segment.number, start, end)
      return entries
    } finally {
      await file?.close()
    }
  }

  #leaveOut(path: string, segment: number, start: number, end: number): void {
    this.#events.damaged(path, end - start)
    this.#passed(segment, end)
  }

  #parse(chunk: Buffer, segment: number, start: number): readonly DiskEntry[] {
    const entries: DiskEntry[] = []
    let offset = 0
    while (offset + HEADER_BYTES <= chunk.length) {
      const length = chunk.readUInt32LE(offset)
      const contentAt = offset + HEADER_BYTES
      if (length === 0) break // A loss of power leaves zeros at the end of a file.
      if (length > ENTRY_BYTES_MAX || contentAt + length > chunk.length) break
      const content = chunk.subarray(contentAt, contentAt + length)
      if (crc32(content) !== chunk.readUInt32LE(offset + 4)) break
      const place = { segment, start: start + offset, end: start + contentAt + length }
      entries.push({ content, place })
      this.#outstanding.push(place, 0)
      offset = contentAt + length
    }
    if (offset > 0) this.#passed(segment, start + offset)
    return entries
  }

  #passed(segment: number, offset: number): void {
    this.#unreadBytes -= offset - this.#readOffset
    this.#readSegment = segment
    this.#readOffset = offset
    if (this.#outstanding.count === 0) this.#done = { segment, offset }
  }

  #nextSegment(): boolean {
    const next = this.#segments.find(({ number }) => number > this.#readSegment)
    if (next === undefined) return false
    this.#readSegment = next.number
    this.#readOffset = this.#startOf(next)
    return true
  }

  /** What was done with before it was written may be noted and not be there. */
  #startOf(segment: Segment | undefined): number {
    if (segment?.number !== this.#start.segment) return 0
    return Math.min(this.#start.offset, segment.size)
  }

  #notePosition(): void {
    this.#positionTimer = undefined
    if (!this.#isClosed) void this.#writePosition().catch(() => {})
  }

  /** Deletes what is settled and notes how far. */
  async #writePosition(): Promise<void> {
    const { segment, offset } = this.#done
    // What is delivered already may still have to be written.
    const written = this.#isWriting ? (this.#writer?.segment ?? 0) : Infinity
    while ((this.#segments[0]?.number ?? segment) < Math.min(segment, written)) {
      const old = this.#segments.shift()
      if (old !== undefined) await rm(fileOf(this.#folder, old.number), { force: true })
    }
    if (this.#segments.length === 0) return
    // Over the old note and as long: a full disk has room for it.
    const file = await open(join(this.#folder, POSITION_FILE), O_WRONLY | O_CREAT, 0o600)
    try {
      await file.write(`${segment} ${offset}`.padEnd(POSITION_BYTES), 0)
    } finally {
      await file.close()
    }
  }

  async #writeFront(front: readonly Buffer[]): Promise<boolean> {
    const number = (this.#segments[0]?.number ?? FIRST_SEGMENT) - 1
    const bytes = front.flatMap((content) => {
      const header = Buffer.alloc(HEADER_BYTES)
      header.writeUInt32LE(content.length, 0)
      header.writeUInt32LE(crc32(content), 4)
      return [header, content]
    })
    const path = fileOf(this.#folder, number)
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      await writeFile(path, Buffer.concat(bytes), { mode: 0o600 })
      return true
    } catch (error) {
      this.#events.writeFailed(reasonOf(error))
      await rm(path, { force: true }).catch(() => {}) // A part of it comes though it was given up.
      return false
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function fileOf(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(10, '0')}.log`)
}

function listSegments(folder: string): Segment[] {
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch {
    return [] // It is made when there is something to write.
  }
  return names
    .flatMap((name) => {
      const [, digits] = SEGMENT_NAME.exec(name) ?? []
      if (digits === undefined) return []
      return [{ number: Number(digits), size: statSync(join(folder, name)).size }]
    })
    .toSorted((a, b) => a.number - b.number)
}

function readPosition(folder: string): Position {
  try {
    const text = readFileSync(join(folder, POSITION_FILE), 'utf8')
    const [segment = 0, offset = 0] = text.split(' ').map(Number)
    return { segment, offset }
  } catch {
    return { segment: 0, offset: 0 }
  }
}

async function readBytes(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
