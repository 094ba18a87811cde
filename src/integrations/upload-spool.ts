import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '#broker/ports.ts'
import { backOffMs } from '#drivers/back-off.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { ValueMap } from '#plugin/value.ts'

/** What is gathered in files, and when a file is full. */
export interface SpoolSettings {
  /** Made when it is needed. */
  readonly folder: string
  readonly recordsMax: number
  /** How long a file gathers, in ms. */
  readonly intervalMs: number
  /** Bytes of all files; more records are not taken until some were uploaded. */
  readonly bytesMax: number
}

/** A file that is full. */
export interface SpooledFile {
  readonly path: string
  readonly bytes: number
  /** When it was begun, and when it could have gathered to, in ms since 1970. */
  readonly fromMs: number
  readonly untilMs: number
  /** Counts the files, also over restarts. */
  readonly sequence: number
}

/** What a spool needs. */
export interface SpoolPorts {
  readonly log: Log
  nowMs(): number
  /** Uploads a file. It is tried again until it succeeds. */
  upload(file: SpooledFile): Promise<void>
}

const NAME = /^(\d+)-(\d+)-(\d+)\.(open|full)$/
const RETRY = { firstMs: 500, mostMs: 60_000 }

/** How records are written in a file. */
export interface SpoolFormat {
  /** Comes first. */
  readonly heading: string
  lineOf(record: ValueMap): string
}

interface Current {
  readonly format: SpoolFormat
  readonly handle: FileHandle
  readonly file: Omit<SpooledFile, 'bytes'>
  records: number
}

/**
 * Gathers records in files, and uploads each when it is full. What was gathered survives a crash:
 * it is uploaded after the next start.
 */
export class UploadSpool {
  readonly #settings: SpoolSettings
  readonly #ports: SpoolPorts
  #current: Current | undefined
  /** Bytes on disk. */
  #bytes = 0
  readonly #full: SpooledFile[] = []
  #last: Promise<unknown> = Promise.resolve()
  #uploading: Promise<void> | undefined
  #fullTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #failures = 0
  #isClosed = false

  constructor(settings: SpoolSettings, ports: SpoolPorts) {
    this.#settings = settings
    this.#ports = ports
  }

  /** Takes up what a former run has left. */
  async open(): Promise<void> {
    const { folder } = this.#settings
    if (!existsSync(folder)) return
    for (const name of readdirSync(folder).toSorted()) {
      const [, from, until, sequence, state] = NAME.exec(name) ?? []
      if (state === undefined) continue
      const path = join(folder, name.replace(/open$/, 'full'))
      if (state === 'open') renameSync(join(folder, name), path)
      const { size: bytes } = await stat(path)
      this.#bytes += bytes
      const times = { fromMs: Number(from), untilMs: Number(until) }
      this.#full.push({ path, bytes, ...times, sequence: Number(sequence) })
    }
    this.#uploadNext()
  }

  /**
   * Adds records; resolves when they are on the disk itself.
   * @param begin makes the format of a file that is new, for the first record in it
   * @throws DriverError when the disk is full, or too much waits
   */
  add(records: readonly ValueMap[], begin: (first: ValueMap) => SpoolFormat): Promise<void> {
    const next = this.#last.then(() => this.#add(records, begin))
    this.#last = next.catch(() => {})
    return next
  }

  /** Stops; what was gathered stays. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#fullTimer)
    clearTimeout(this.#retryTimer)
    await this.#last
    await this.#current?.handle.close()
    this.#current = undefined
  }

  async #add(records: readonly ValueMap[], begin: (first: ValueMap) => SpoolFormat): Promise<void> {
    const { bytesMax, recordsMax, folder } = this.#settings
    if (this.#isClosed) throw new DriverError('retryable', 'the action was closed')
    if (this.#bytes >= bytesMax) {
      throw new DriverError('retryable', `${this.#bytes} bytes in ${folder} wait to be uploaded`)
    }
    try {
      for (let at = 0; at < records.length;) {
        this.#current ??= await this.#begin(begin(records[at] ?? {}))
        const current = this.#current
        const some = records.slice(at, at + recordsMax - current.records)
        const bytes = Buffer.from(some.map((record) => current.format.lineOf(record)).join(''))
        await current.handle.appendFile(bytes)
        await current.handle.datasync()
        this.#bytes += bytes.length
        current.records += some.length
        at += some.length
        if (current.records >= recordsMax) await this.#finish()
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new DriverError('retryable', `records cannot be gathered in ${folder}: ${reason}`)
    }
  }

  async #begin(format: SpoolFormat): Promise<Current> {
    const { folder, intervalMs } = this.#settings
    mkdirSync(folder, { recursive: true })
    const fromMs = this.#ports.nowMs()
    const untilMs = fromMs + intervalMs
    const sequence = this.#nextSequence()
    const path = join(folder, `${fromMs}-${untilMs}-${sequence}.open`)
    const handle = await open(path, 'a')
    await handle.appendFile(format.heading)
    this.#bytes += Buffer.byteLength(format.heading)
    this.#fullTimer = setTimeout(() => {
      this.#last = this.#last.then(() => this.#finish()).catch(() => {})
    }, intervalMs)
    return { format, handle, file: { path, fromMs, untilMs, sequence }, records: 0 }
  }

  /** A number that no file has had. */
  #nextSequence(): number {
    const path = join(this.#settings.folder, 'sequence')
    const last = existsSync(path) ? Number(readFileSync(path, 'utf8')) : -1
    const next = Number.isSafeInteger(last) ? last + 1 : 0
    writeFileSync(path, String(next))
    return next
  }

  /** The current file gathers no more. */
  async #finish(): Promise<void> {
    const current = this.#current
    if (current === undefined || this.#isClosed) return
    clearTimeout(this.#fullTimer)
    this.#current = undefined
    const { handle, file } = current
    const { size: bytes } = await handle.stat()
    await handle.close()
    const path = file.path.replace(/open$/, 'full')
    renameSync(file.path, path)
    this.#full.push({ ...file, path, bytes })
    this.#uploadNext()
  }

  #uploadNext(): void {
    const [file] = this.#full
    if (file === undefined || this.#isClosed || this.#uploading !== undefined) return
    if (this.#retryTimer !== undefined) return
    this.#uploading = this.#upload(file).finally(() => {
      this.#uploading = undefined
      this.#uploadNext()
    })
  }

  async #upload(file: SpooledFile): Promise<void> {
    try {
      await this.#ports.upload(file)
      await rm(file.path, { force: true })
      this.#bytes -= file.bytes
      this.#full.shift()
      this.#failures = 0
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#ports.log.warn('upload_failed', { file: file.path, reason })
      this.#failures++
      if (this.#isClosed) return
      this.#retryTimer = setTimeout(
        () => {
          this.#retryTimer = undefined
          this.#uploadNext()
        },
        backOffMs(this.#failures, RETRY, Math.random()),
      )
    }
  }
}
