import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '#kernel/system/write-durably.ts'

/** Where the files of an action are, and how they are numbered. */
export interface SpoolPlace {
  /** Of the action, for the folders of all shards. Made when it is needed. */
  readonly folder: string
  readonly shard: number
  readonly shardCount: number
  /** Ends of lines between double quotes are part of a record, as in CSV. */
  readonly isQuoted: boolean
}

/** A file of records. */
export interface SpooledFile {
  readonly path: string
  /** When it was begun, and when it could have gathered to, in ms since 1970. */
  readonly fromMs: number
  readonly untilMs: number
  /** No other file of the action has it, whatever the number of shards was. */
  readonly sequence: number
}

const FOLDER_NAME = /^upload-(\d{1,5})$/
const FILE_NAME = /^(\d{1,16})-(\d{1,16})-(\d{1,16})\.records$/
const SEQUENCE_FILE = 'sequence'
const QUOTE = 0x22
const LINE_END = 0x0a

/** The folder with the files of one shard. */
export class SpoolFolder {
  readonly path: string
  readonly #place: SpoolPlace
  /** The highest that is known to be used by any shard. */
  #sequence = -1

  constructor(place: SpoolPlace) {
    this.path = folderOf(place, place.shard)
    this.#place = place
  }

  /**
   * What former runs left, in order, also those of shards that there are no more. A record at the
   * end of a file that was not written whole is cut off: it was not acknowledged.
   */
  async takeOver(): Promise<readonly (SpooledFile & { readonly bytes: number })[]> {
    const { folder, shard, shardCount } = this.#place
    for (const name of namesIn(folder)) {
      const old = Number(FOLDER_NAME.exec(name)?.[1] ?? NaN)
      if (Number.isNaN(old)) continue
      this.#sequence = Math.max(this.#sequence, lastSequence(join(folder, name)))
      if (old >= shardCount && old % shardCount === shard) await this.#adopt(join(folder, name))
    }
    const files = filesIn(this.path).toSorted((a, b) => a.fromMs - b.fromMs)
    const taken = []
    for (const file of files) {
      taken.push({ ...file, bytes: await cutTorn(file.path, this.#place.isQuoted) })
    }
    return taken
  }

  /** The place for a new file. */
  begin(fromMs: number, untilMs: number): SpooledFile {
    mkdirSync(this.path, { recursive: true, mode: 0o700 })
    const { shard, shardCount } = this.#place
    // Shards share out the numbers.
    let sequence = this.#sequence + 1
    sequence += (shard - (sequence % shardCount) + shardCount) % shardCount
    writeDurably(join(this.path, SEQUENCE_FILE), String(sequence))
    this.#sequence = sequence
    return { path: join(this.path, fileName(fromMs, untilMs, sequence)), fromMs, untilMs, sequence }
  }

  /** The old folder stays, with the last number that was given there. */
  async #adopt(old: string): Promise<void> {
    const files = filesIn(old)
    if (files.length > 0) mkdirSync(this.path, { recursive: true, mode: 0o700 })
    for (const { path, fromMs, untilMs, sequence } of files) {
      await rename(path, join(this.path, fileName(fromMs, untilMs, sequence)))
    }
  }
}

function folderOf({ folder }: SpoolPlace, shard: number): string {
  return join(folder, `upload-${shard}`)
}

function fileName(fromMs: number, untilMs: number, sequence: number): string {
  return `${fromMs}-${untilMs}-${sequence}.records`
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function filesIn(folder: string): readonly SpooledFile[] {
  return namesIn(folder).flatMap((name) => {
    const [, from, until, sequence] = FILE_NAME.exec(name) ?? []
    if (sequence === undefined) return []
    const path = join(folder, name)
    return [{ path, fromMs: Number(from), untilMs: Number(until), sequence: Number(sequence) }]
  })
}

/** The highest number given in a folder; -1: none. */
function lastSequence(folder: string): number {
  const path = join(folder, SEQUENCE_FILE)
  const noted = existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8'), 10) : -1
  const given = filesIn(folder).map(({ sequence }) => sequence)
  return Math.max(Number.isSafeInteger(noted) ? noted : -1, ...given)
}

/** Cuts a file after its last whole record. @returns its length in bytes */
async function cutTorn(path: string, isQuoted: boolean): Promise<number> {
  let at = 0
  let whole = 0
  let isInQuotes = false
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let index = 0; index < chunk.length; index++) {
      if (chunk[index] === QUOTE) isInQuotes = isQuoted && !isInQuotes
      else if (chunk[index] === LINE_END && !isInQuotes) whole = at + index + 1
    }
    at += chunk.length
  }
  if (whole < at) await truncate(path, whole)
  return whole
}
