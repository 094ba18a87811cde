import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A backup on the disk of the node. */
export interface BackupFile {
  readonly name: string
  readonly sizeBytes: number
  readonly createdAtMs: number
}

const NAME = /^[A-Za-z0-9][\w.-]{0,200}\.tar\.gz$/

/** Backups in the data directory. */
export class BackupFiles {
  readonly #folder: string

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'backup')
  }

  /** Whether a name is one that a backup can have. */
  static isName(name: string): boolean {
    return NAME.test(name)
  }

  /** The latest first. */
  list(): readonly BackupFile[] {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const names = readdirSync(this.#folder).filter((name) => BackupFiles.isName(name))
    return names
      .flatMap((name) => this.get(name) ?? [])
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
  }

  /** Undefined when there is none. */
  get(name: string): BackupFile | undefined {
    if (!BackupFiles.isName(name)) return undefined
    const stat = statSync(join(this.#folder, name), { throwIfNoEntry: false })
    return stat && { name, sizeBytes: stat.size, createdAtMs: stat.mtimeMs }
  }

  /** Its content. Rejects when there is none. */
  read(name: string): Promise<Buffer> {
    return readFile(join(this.#folder, name))
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    await writeFile(join(this.#folder, name), content, { mode: 0o600 })
  }

  /** False when there is none. */
  async remove(name: string): Promise<boolean> {
    if (this.get(name) === undefined) return false
    await rm(join(this.#folder, name))
    return true
  }
}
