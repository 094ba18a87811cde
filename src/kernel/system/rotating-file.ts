import { mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { destination } from 'pino'

/** A file that is put aside when it is full. */
export interface RotatingFileOptions {
  readonly path: string
  /** Old files kept: `<path>.1` is the youngest, `<path>.<filesMax>` the oldest. */
  readonly filesMax: number
  /** Infinity = never put aside. */
  readonly bytesMax: number
}

type Destination = ReturnType<typeof destination>

/** Writes lines to a file and keeps a bounded number of old files. */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  readonly #destination: Destination
  #bytes: number

  /** @throws the error of the file system when the file cannot be opened */
  constructor(options: RotatingFileOptions) {
    this.#options = options
    mkdirSync(dirname(options.path), { recursive: true })
    this.#destination = destination({ dest: options.path, sync: true, append: true })
    // A full disk must not end the process; the next line tries again.
    this.#destination.on('error', () => {})
    this.#bytes = sizeOf(options.path)
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line)
    if (this.#bytes > 0 && this.#bytes + bytes > this.#options.bytesMax) this.#rotate()
    this.#destination.write(line)
    this.#bytes += bytes
  }

  close(): void {
    this.#destination.flushSync()
    this.#destination.end()
  }

  #rotate(): void {
    const { path, filesMax } = this.#options
    try {
      for (let index = filesMax - 1; index >= 1; index--) {
        move(`${path}.${index}`, `${path}.${index + 1}`)
      }
      move(path, `${path}.1`)
      this.#destination.reopen(path)
      this.#bytes = 0
    } catch {
      this.#bytes = 0 // The file goes on; the next attempt comes when it has grown as much again.
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function move(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to)
}
