/**
 * What the load generator writes at the start of each payload, four numbers of 32 bits, little
 * endian: run, publisher, sequence number of the publisher, time.
 */
export const MARK_BYTES = 16

const SEQUENCE_AT = 8
const TIME_AT = 12
/** Upper half of the first number: tells marked payloads of any run from other payloads. */
const MAGIC = 0x7d3b
const RUN_MASK = 0xffff

/** Units of time in a mark for each millisecond: 0.1 µs, so that 32 bits last 429 seconds. */
export const UNITS_PER_MS = 10_000

/** First number of the marks of a run. */
export function runTag(run: number): number {
  return ((MAGIC << 16) | (run & RUN_MASK)) >>> 0
}

/** True for the first number of a mark of any run. */
export function isRunTag(tag: number): boolean {
  return tag >>> 16 === MAGIC
}

/** The clock of marks: all threads and processes of a host agree on it. Plain fields: hot. */
export class MarkClock {
  /** Time of day of the latest `read`, in ms. */
  ms = 0
  /** The same in units, 32 bits without sign; differences count, modulo 2^32. */
  units = 0
  /** Time of day at the start of `performance.now()`, in units, cut to 32 bits. */
  readonly #base: number = (performance.timeOrigin * UNITS_PER_MS) % 2 ** 32

  /** Looks at the clock and returns `units`. */
  read(): number {
    const sinceStartMs = performance.now()
    this.ms = performance.timeOrigin + sinceStartMs
    this.units = (this.#base + sinceStartMs * UNITS_PER_MS) >>> 0
    return this.units
  }
}

/** Writes what stays the same for all messages of a publisher. */
export function putMarkStart(bytes: Uint8Array, at: number, tag: number, publisher: number): void {
  putUint32(bytes, at, tag)
  putUint32(bytes, at + 4, publisher)
}

/** Writes the sequence number into a mark at `at`. Hot path. */
export function putSequence(bytes: Uint8Array, at: number, sequence: number): void {
  putUint32(bytes, at + SEQUENCE_AT, sequence)
}

/** Writes the time into a mark at `at`. Hot path. */
export function putTime(bytes: Uint8Array, at: number, time: number): void {
  putUint32(bytes, at + TIME_AT, time)
}

/** A mark as read. Reused for all messages; plain fields: hot. */
export class Mark {
  tag = 0
  publisher = 0
  sequence = 0
  time = 0

  /** Reads the mark at `at`; the caller has checked that `MARK_BYTES` are there. */
  read(bytes: Uint8Array, at: number): void {
    this.tag = readUint32(bytes, at)
    this.publisher = readUint32(bytes, at + 4)
    this.sequence = readUint32(bytes, at + SEQUENCE_AT)
    this.time = readUint32(bytes, at + TIME_AT)
  }
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

function readUint32(bytes: Uint8Array, at: number): number {
  // In range: the caller has checked.
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  )
}
