import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Log } from '#broker/ports.ts'
import { backOffMs } from '#drivers/back-off.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { WriteFault } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { reasonOf } from './runtime/connector-runtime.ts'
import { SpoolFolder, type SpooledFile, type SpoolPlace } from './spool-folder.ts'
import { WholeFile } from './whole-file.ts'

/** What is gathered in files, and when a file is full. */
export interface SpoolSettings extends SpoolPlace {
  readonly recordsMax: number
  /** How long a file gathers, in ms. */
  readonly intervalMs: number
  /** Bytes of all files; more records are not taken until some were uploaded. */
  readonly bytesMax: number
}

/** A file that is full. */
export interface FullFile extends SpooledFile {
  readonly bytes: number
}

/** What a spool needs. */
export interface SpoolPorts {
  readonly log: Log
  nowMs(): number
  /** Uploads a file. It is tried again until it succeeds. */
  upload(file: FullFile, signal: AbortSignal): Promise<void>
}

const RETRY = { firstMs: 500, mostMs: 60_000 }

/** How records are written in a file. */
export interface SpoolFormat {
  /** Comes first. */
  readonly heading: string
  lineOf(record: ValueMap): string
}

interface Current {
  readonly format: SpoolFormat
  readonly file: SpooledFile
  readonly content: WholeFile
  records: number
}

/**
 * Gathers records in files, and uploads each when it is full. What was gathered survives a crash:
 * it is uploaded after the next start.
 */
export class UploadSpool {
  readonly #settings: SpoolSettings
  readonly #ports: SpoolPorts
  readonly #folder: SpoolFolder
  #current: Current | undefined
  /** Bytes on disk. */
  #bytes = 0
  readonly #full: FullFile[] = []
  /** What is done with the current file is done one after the other. */
  #last: Promise<unknown> = Promise.resolve()
  #uploading: Promise<void> | undefined
  readonly #abort = new AbortController()
  #fullTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #failures = 0
  #isClosed = false

  constructor(settings: SpoolSettings, ports: SpoolPorts) {
    this.#settings = settings
    this.#ports = ports
    this.#folder = new SpoolFolder(settings)
  }

  /** Takes up what former runs have left. */
  async open(): Promise<void> {
    for (const file of await this.#folder.takeOver()) this.#enqueue(file)
  }

  /**
   * Adds records; resolves when they are on the disk itself, with those that are not.
   * @param begin makes the format of a file that is new, for the first record in it
   * @throws DriverError when none is, because the disk is full or too much waits
   */
  add(
    records: readonly ValueMap[],
    begin: (first: ValueMap) => SpoolFormat,
  ): Promise<readonly WriteFault[]> {
    const next = this.#last.then(() => this.#add(records, begin))
    this.#last = next.catch(() => {})
    return next
  }

  /** Stops; what was gathered stays. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#fullTimer)
    clearTimeout(this.#retryTimer)
    this.#abort.abort()
    await this.#last
    await this.#current?.content.close()
    this.#current = undefined
    await this.#uploading
  }

  async #add(
    records: readonly ValueMap[],
    begin: (first: ValueMap) => SpoolFormat,
  ): Promise<readonly WriteFault[]> {
    let written = 0
    try {
      while (written < records.length) {
        await this.#needRoom()
        written += await this.#append(records.slice(written), begin)
      }
      return []
    } catch (error) {
      const { path } = this.#folder
      const reason = `records cannot be gathered in ${path}: ${reasonOf(error)}`
      if (written === 0) throw new DriverError('retryable', reason)
      return records.slice(written).map((_, rest) => {
        return { index: written + rest, kind: 'retryable', reason }
      })
    }
  }

  /** @throws when there is none */
  async #needRoom(): Promise<void> {
    if (this.#isClosed) throw new Error('the action was closed')
    if (this.#bytes < this.#settings.bytesMax) return
    await this.#finish() // To be uploaded, which makes room.
    throw new Error(`${this.#bytes} bytes wait to be uploaded`)
  }

  /** Appends as many as the current file takes. @returns how many that is */
  async #append(
    records: readonly ValueMap[],
    begin: (first: ValueMap) => SpoolFormat,
  ): Promise<number> {
    const { recordsMax } = this.#settings
    this.#current ??= await this.#begin(begin(records[0] ?? {}))
    const current = this.#current
    const { format, content } = current
    const some = records.slice(0, recordsMax - current.records)
    const lines = some.map((record) => format.lineOf(record)).join('')
    const piece = Buffer.from(content.bytes === 0 ? format.heading + lines : lines)
    await content.append(piece, true)
    this.#bytes += piece.length
    current.records += some.length
    if (current.records >= recordsMax) await this.#finish()
    return some.length
  }

  async #begin(format: SpoolFormat): Promise<Current> {
    const { intervalMs } = this.#settings
    const fromMs = this.#ports.nowMs()
    const file = this.#folder.begin(fromMs, fromMs + intervalMs)
    const content = await WholeFile.open(file.path)
    this.#fullTimer = setTimeout(() => {
      this.#last = this.#last.then(() => this.#finish())
    }, intervalMs)
    return { format, content, file, records: 0 }
  }

  /** The current file gathers no more. */
  async #finish(): Promise<void> {
    const current = this.#current
    if (current === undefined || this.#isClosed) return
    clearTimeout(this.#fullTimer)
    this.#current = undefined
    const { content, file } = current
    try {
      await content.close()
    } catch (error) {
      this.#ports.log.warn('file_not_closed', { file: file.path, reason: reasonOf(error) })
    }
    this.#bytes -= content.bytes
    this.#enqueue({ ...file, bytes: content.bytes })
  }

  #enqueue(file: FullFile): void {
    this.#bytes += file.bytes
    this.#full.push(file)
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

  async #upload(file: FullFile): Promise<void> {
    try {
      if (file.bytes > 0) await this.#ports.upload(file, this.#abort.signal)
      await rm(file.path, { force: true })
      this.#forget(file)
    } catch (error) {
      if (this.#isClosed) return
      const fields = { file: file.path, reason: reasonOf(error) }
      if (!existsSync(file.path)) {
        this.#ports.log.error('gathered_file_gone', fields)
        this.#forget(file)
        return
      }
      this.#ports.log.warn('upload_failed', fields)
      this.#retryLater()
    }
  }

  #forget(file: FullFile): void {
    this.#full.shift()
    this.#bytes -= file.bytes
    this.#failures = 0
  }

  #retryLater(): void {
    this.#failures++
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = undefined
        this.#uploadNext()
      },
      backOffMs(this.#failures, RETRY, Math.random()),
    )
  }
}
