import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

interface Waiting {
  readonly bytes: Buffer
  readonly place: DiskPlace
  readonly written: () => void
}

const SEGMENT_BYTES = 8 * 1024 * 1024
/** What may wait to be written; then nothing more is taken. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024
const HEADER_BYTES = 8
const ENTRY_BYTES_MAX = 256 * 1024 * 1024
/** Numbers before it are for what has to stand in front of everything else. */
const FIRST_SEGMENT = 1_000_000
const SEGMENT_NAME = /^(\d{10})\.log$/
const POSITION_FILE = 'position'
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
    this.#readOffset = this.#startOf(first)
    this.#done = { segment: first, offset: this.#readOffset }
    this.#unreadBytes = this.#segments.reduce((sum, { number, size }) => {
      return sum + Math.max(0, size - this.#startOf(number))
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
   * @param written called when a kill of the process cannot take it any more
   */
  append(content: Buffer, isSkipped: boolean, written: () => void): DiskPlace | undefined {
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

  /** The next entries, so many bytes of them or one; none when there are no more. */
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
    }
    this.#done = { segment: this.#readSegment, offset: this.#readOffset }
    rmSync(folder, { recursive: true, force: true })
  }

  /**
   * Writes what waits and lets go.
   * @param front entries that go before everything that is unread
   */
  async close(front: readonly Buffer[]): Promise<void> {
    while (this.#waiting.count > 0) {
      this.#startWriting()
      await this.#writing
    }
    await this.#writing
    this.#isClosed = true
    clearTimeout(this.#positionTimer)
    await this.#writer?.file.close()
    this.#writer = undefined
    if (this.isEmpty && front.length === 0) await rm(this.#folder, { recursive: true, force: true })
    else await this.#writePosition()
    if (front.length > 0) await this.#writeFront(front)
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
      await this.#writeSurely(first.place.segment, bytes, first.place.start)
      for (const { written } of batch) written()
    }
  }

  /** Places are given out already: it is tried until it works. */
  async #writeSurely(segment: number, bytes: Buffer, at: number): Promise<void> {
    for (;;) {
      try {
        const file = await this.#fileFor(segment)
        for (let offset = 0; offset < bytes.length;) {
          const left = bytes.length - offset
          const { bytesWritten } = await file.write(bytes, offset, left, at + offset)
          offset += bytesWritten
        }
        return
      } catch (error) {
        this.#events.writeFailed(error instanceof Error ? error.message : String(error))
        await new Promise((resolve) => setTimeout(resolve, RETRY_WRITE_MS))
      }
    }
  }

  async #fileFor(segment: number): Promise<FileHandle> {
    if (this.#writer?.segment === segment) return this.#writer.file
    await this.#writer?.file.close()
    this.#writer = undefined
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const path = fileOf(this.#folder, segment)
    const file = await open(path, 'r+').catch(() => open(path, 'w+', 0o600))
    this.#writer = { segment, file }
    return file
  }

  async #readFrom(segment: Segment, bytesMax: number): Promise<readonly DiskEntry[]> {
    const start = this.#readOffset
    const end = segment.size
    const file = await open(fileOf(this.#folder, segment.number), 'r')
    try {
      let chunk = await readBytes(file, start, Math.min(end - start, bytesMax))
      const first = chunk.length < HEADER_BYTES ? 0 : HEADER_BYTES + chunk.readUInt32LE(0)
      if (first > chunk.length && first <= end - start) chunk = await readBytes(file, start, first)
      const entries = this.#parse(chunk, segment.number, start)
      if (entries.length === 0) {
        this.#events.damaged(fileOf(this.#folder, segment.number), end - start)
        this.#passed(segment.number, end)
      }
      return entries
    } finally {
      await file.close()
    }
  }

  #parse(chunk: Buffer, segment: number, start: number): readonly DiskEntry[] {
    const entries: DiskEntry[] = []
    let offset = 0
    while (offset + HEADER_BYTES <= chunk.length) {
      const length = chunk.readUInt32LE(offset)
      const contentAt = offset + HEADER_BYTES
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
    this.#readOffset = this.#startOf(next.number)
    return true
  }

  #startOf(segment: number): number {
    return this.#start.segment === segment ? this.#start.offset : 0
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
    await writeFile(join(this.#folder, POSITION_FILE), `${segment} ${offset}`.padEnd(32))
  }

  async #writeFront(front: readonly Buffer[]): Promise<void> {
    const number = (this.#segments[0]?.number ?? FIRST_SEGMENT) - 1
    const bytes = front.flatMap((content) => {
      const header = Buffer.alloc(HEADER_BYTES)
      header.writeUInt32LE(content.length, 0)
      header.writeUInt32LE(crc32(content), 4)
      return [header, content]
    })
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    await writeFile(fileOf(this.#folder, number), Buffer.concat(bytes))
  }
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
