import { deserialize, serialize } from 'node:v8'
import { Fifo } from '#kernel/fifo.ts'
import type { ValueMap } from '#plugin/value.ts'
import { type TraceContext, traceOf, withTrace } from '#streams/tracing/trace-context.ts'
import type { DiskEntry, DiskLog } from './disk-log.ts'
import type { Done, QueuedRecord, StoredRecord } from './queued-record.ts'
import { valueBytes } from './queued-record.ts'

/** How records wait. */
export interface LaneBufferSettings {
  readonly mode: 'memory' | 'hybrid' | 'disk'
  /** In memory and on disk together. */
  readonly bytesMax: number
  nowMs(): number
}

/** What the buffer tells its lane. */
export interface LaneBufferEvents {
  /** A record had to make room, or found none: in the buffer, or before a disk that is slow. */
  dropped(record: QueuedRecord, why: 'full' | 'disk'): void
  /** Records came from the disk: there is something to take again. */
  ready(): void
  /** The disk does not give what is on it; it is tried again. */
  readFailed(reason: string): void
}

/** What stays in memory while the rest goes to disk. */
const MEMORY_BYTES_MAX = 4 * 1024 * 1024
const READ_BYTES = 1024 * 1024
const READ_AGAIN_MS = 1000
const NOT_ON_DISK = undefined

/**
 * The records of one lane that wait, oldest first: in memory, and beyond that on disk. When both
 * are full the oldest record that is at hand makes room.
 */
export class LaneBuffer {
  readonly #settings: LaneBufferSettings
  readonly #events: LaneBufferEvents
  readonly #disk: DiskLog | undefined
  readonly #head: Fifo<QueuedRecord>
  #isReading = false
  #isClosed = false
  #readTimer: NodeJS.Timeout | undefined

  /** @param disk undefined in mode `memory` */
  constructor(settings: LaneBufferSettings, disk: DiskLog | undefined, events: LaneBufferEvents) {
    this.#settings = settings
    this.#events = events
    this.#disk = disk
    this.#head = new Fifo(Infinity, Infinity)
    this.#refill()
  }

  /** Records at hand; there may be more on disk. */
  get count(): number {
    return this.#head.count
  }

  /** Bytes of all that wait. */
  get bytes(): number {
    return this.#head.bytes + (this.#disk?.unreadBytes ?? 0)
  }

  /** Records are on their way from the disk, which count nowhere meanwhile; `ready` follows. */
  get isReading(): boolean {
    return this.#isReading
  }

  /** When the oldest record at hand was queued, monotonic. */
  get oldestMs(): number | undefined {
    return this.#head.peek()?.queuedAtMs
  }

  /** Adds a record; it is dropped when there is no room at all. */
  push(stored: StoredRecord, queuedAtMs: number, done: Done | undefined): void {
    const { mode, bytesMax } = this.#settings
    const disk = this.#disk
    // What is being read counts as read already, and comes before this record.
    const isAtHand = disk === undefined || (disk.unreadBytes === 0 && !this.#isReading)
    const hasRoom = isAtHand && this.#head.bytes < MEMORY_BYTES_MAX
    if (disk === undefined || (mode === 'hybrid' && hasRoom)) {
      const bytes = valueBytes(stored.record)
      const queued = { ...stored, bytes, queuedAtMs, done, place: NOT_ON_DISK }
      if (bytes > bytesMax) {
        this.#events.dropped(queued, 'full')
        return
      }
      this.#head.push(queued, bytes)
      this.#makeRoom()
      return
    }
    const content = pack(stored)
    const bytes = content.length
    const refused = { ...stored, bytes, queuedAtMs, done, place: NOT_ON_DISK }
    if (this.#head.count === 0 && this.bytes + bytes > bytesMax) {
      this.#events.dropped(refused, 'full')
      return
    }
    const place = disk.append(content, hasRoom, (isKept) => {
      if (isKept) done?.()
      else this.#events.dropped(refused, 'disk')
    })
    if (place === undefined) {
      this.#events.dropped(refused, 'disk')
      return
    }
    if (hasRoom) {
      this.#head.push({ ...stored, bytes, queuedAtMs, done: undefined, place }, bytes)
    }
    this.#makeRoom()
    if (!hasRoom) this.#refill()
  }

  /** Bytes of those at hand. */
  get bytesAtHand(): number {
    return this.#head.bytes
  }

  /**
   * Takes out the oldest records, so many and so many bytes at most, or one. Each is to be settled
   * when its fate is known.
   */
  take(countMax: number, bytesMax: number): QueuedRecord[] {
    const taken: QueuedRecord[] = []
    let bytes = 0
    for (let next = this.#head.peek(); next !== undefined; next = this.#head.peek()) {
      bytes += next.bytes
      if (taken.length === countMax || (bytes > bytesMax && taken.length > 0)) break
      this.#head.shift()
      taken.push(next)
    }
    this.#refill()
    return taken
  }

  /** A record that was taken is not needed any more. */
  settle(record: QueuedRecord): void {
    if (record.place !== undefined) this.#disk?.settle(record.place)
  }

  /**
   * Keeps what it can and lets go.
   * @param taken records that were taken and not settled, oldest first
   * @returns records that are lost, as there is no disk to keep them or it takes nothing
   */
  async close(taken: readonly QueuedRecord[]): Promise<readonly QueuedRecord[]> {
    this.#isClosed = true
    const waiting = [...taken, ...this.#head]
    this.#head.clear()
    const disk = this.#disk
    if (disk === undefined) return waiting
    clearTimeout(this.#readTimer)
    const inMemory = waiting.filter(({ place }) => place === undefined)
    const firstOnDisk = waiting.findIndex(({ place }) => place !== undefined)
    const older = waiting.slice(0, Math.max(0, firstOnDisk)).filter(({ place }) => !place)
    const isAllRead = disk.unreadBytes === 0
    // In memory without anything on disk: before what is unread, and after it when there is none.
    const front = firstOnDisk === -1 && !isAllRead ? inMemory : older
    const frontSet = new Set(front)
    const lost: QueuedRecord[] = []
    const tell = (record: QueuedRecord, isKept: boolean): void => {
      if (isKept) record.done?.()
      else lost.push(record)
    }
    for (const one of inMemory) {
      if (frontSet.has(one)) continue
      const place = disk.append(pack(one), false, (isKept) => tell(one, isKept))
      if (place === undefined) lost.push(one)
    }
    const isFrontKept = await disk.close(front.map(pack))
    for (const one of front) tell(one, isFrontKept)
    return lost
  }

  #makeRoom(): void {
    while (this.bytes > this.#settings.bytesMax) {
      const oldest = this.#head.shift()
      if (oldest === undefined) return
      this.settle(oldest)
      this.#events.dropped(oldest, 'full')
    }
  }

  /** Gets more from the disk when little is at hand. */
  #refill(): void {
    const disk = this.#disk
    if (disk === undefined || this.#isReading || disk.unreadBytes === 0) return
    if (this.#head.bytes > MEMORY_BYTES_MAX / 2 || this.#readTimer !== undefined) return
    this.#isReading = true
    void disk.read(READ_BYTES).then(
      (entries) => {
        this.#isReading = false
        for (const entry of entries) this.#takeIn(entry)
        if (entries.length > 0) this.#events.ready()
      },
      (error: unknown) => {
        this.#isReading = false
        this.#events.readFailed(error instanceof Error ? error.message : String(error))
        if (!this.#isClosed) this.#readTimer = setTimeout(() => this.#readAgain(), READ_AGAIN_MS)
      },
    )
  }

  #readAgain(): void {
    this.#readTimer = undefined
    this.#refill()
  }

  #takeIn({ content, place }: DiskEntry): void {
    // Written by `push`, with a checksum.
    const stored = unpack(content)
    const bytes = content.length
    const queuedAtMs = this.#settings.nowMs()
    this.#head.push({ ...stored, bytes, queuedAtMs, done: undefined, place }, bytes)
  }
}

/** What a record looks like on disk: the trace it is a part of stands beside it. */
interface PackedRecord {
  readonly record: ValueMap
  readonly expiresAtMs: number
  /** Absent: it is none. */
  readonly isFallback?: true
  readonly trace?: TraceContext
}

function pack({ record, expiresAtMs, isFallback }: StoredRecord): Buffer {
  const trace = traceOf(record)
  const packed: PackedRecord = {
    record,
    expiresAtMs,
    ...(isFallback && { isFallback }),
    ...(trace && { trace }),
  }
  return serialize(packed)
}

function unpack(content: Buffer): StoredRecord {
  const { record, expiresAtMs, isFallback = false, trace } = deserialize(content) as PackedRecord
  const whole = trace === undefined ? record : withTrace(record, trace)
  return { record: whole, expiresAtMs, isFallback }
}
