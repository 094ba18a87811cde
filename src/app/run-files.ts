import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '#broker/ports.ts'

const PID_FILE = 'tideway.pid'
const LISTENERS_FILE = 'tideway.listeners.json'

/** Content of `tideway.listeners.json`. */
export interface ListenersFile {
  /** The process that wrote it: after a crash the file of the one before is still there. */
  readonly pid: number
  readonly listeners: readonly {
    /** `type:name`, such as `tcp:default`. */
    readonly id: string
    readonly host: string
    /** The real port where the configuration says 0. */
    readonly port: number
  }[]
}

/**
 * Tells other programs who runs over a data directory (`tideway.pid`) and on which ports
 * (`tideway.listeners.json`). Only for whoever holds the directory. Failures are logged: a full
 * disk keeps nobody from being served.
 */
export class RunFiles {
  readonly #dataDir: string
  readonly #log: Log

  constructor(dataDir: string, log: Log) {
    this.#dataDir = dataDir
    this.#log = log
  }

  /** Both files appear whole or not at all; they are there as soon as the ports are open. */
  write(listeners: ListenersFile['listeners']): void {
    const content: ListenersFile = { pid: process.pid, listeners }
    this.#put(LISTENERS_FILE, `${JSON.stringify(content, undefined, 2)}\n`)
    this.#put(PID_FILE, `${process.pid}\n`)
  }

  /** Removes what this process or one that was killed has left. */
  clear(): void {
    for (const name of [PID_FILE, LISTENERS_FILE])
      rmSync(join(this.#dataDir, name), { force: true })
  }

  #put(name: string, text: string): void {
    const path = join(this.#dataDir, name)
    try {
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.warn('run_file_not_written', { file: path, reason })
    }
  }
}
