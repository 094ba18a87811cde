import { existsSync, mkdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DriverError } from '#drivers/driver-error.ts'
import { WholeFile } from './whole-file.ts'

/** A file that lines are appended to. When it is full, it is put aside and a new one begun. */
export class RotatingFile {
  readonly #path: string
  readonly #bytesMax: number
  readonly #filesMax: number
  #file: WholeFile | undefined
  /** Appends wait for each other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string, bytesMax: number, filesMax: number) {
    this.#path = path
    this.#bytesMax = bytesMax
    this.#filesMax = filesMax
  }

  /**
   * Opens the file, and makes its folder.
   * @throws DriverError
   */
  async open(): Promise<void> {
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      this.#file = await WholeFile.open(this.#path)
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  /**
   * Appends text.
   * @param heading comes first in a file that is new
   * @param isSafe waits until it is on the disk itself
   * @throws DriverError
   */
  append(text: string, heading: string, isSafe: boolean): Promise<void> {
    const next = this.#last.then(() => this.#append(text, heading, isSafe))
    this.#last = next.catch(() => {})
    return next
  }

  /** @throws DriverError when the file is gone */
  check(): void {
    if (this.#file !== undefined && existsSync(this.#path)) return
    throw new DriverError('retryable', `the file ${this.#path} is not there any more`, true)
  }

  async close(): Promise<void> {
    await this.#last
    await this.#file?.close()
    this.#file = undefined
  }

  async #append(text: string, heading: string, isSafe: boolean): Promise<void> {
    try {
      const bytes = Buffer.from(text)
      const before = this.#file?.bytes ?? 0
      if (before > 0 && before + bytes.length > this.#bytesMax) await this.#rotate()
      if (this.#file === undefined) throw new Error('it is closed')
      const isNew = this.#file.bytes === 0
      await this.#file.append(isNew ? Buffer.concat([Buffer.from(heading), bytes]) : bytes, isSafe)
    } catch (error) {
      throw explain(this.#path, error)
    }
  }

  async #rotate(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    const aside = (number: number): string => `${this.#path}.${number}`
    await rm(aside(this.#filesMax - 1), { force: true })
    for (let number = this.#filesMax - 2; number >= 1; number--) {
      if (existsSync(aside(number))) await rename(aside(number), aside(number + 1))
    }
    if (this.#filesMax > 1) await rename(this.#path, aside(1))
    else await rm(this.#path)
    this.#file = await WholeFile.open(this.#path)
  }
}

function explain(path: string, error: unknown): DriverError {
  const reason = error instanceof Error ? error.message : String(error)
  return new DriverError('retryable', `the file ${path} cannot be written: ${reason}`, true)
}
