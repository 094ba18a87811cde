import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalAccessFile } from '../contract/local-access.ts'
import { LOCAL_ACCESS_FILE } from '../contract/local-access.ts'

const TOKEN_BYTES = 32

/**
 * Lets the command line of this host in without configuration: whoever can read the data
 * directory can read the token that is in it, and could change everything anyway. It holds for as
 * long as the process runs, for clients on this host.
 */
export class LocalAccess {
  readonly #path: string
  readonly #token = randomBytes(TOKEN_BYTES).toString('base64url')
  readonly #hash = hashOf(this.#token)

  constructor(dataDir: string) {
    this.#path = join(dataDir, LOCAL_ACCESS_FILE)
  }

  /**
   * Writes where the API is and how to be let in, for its owner only.
   * @throws the error of the file system
   */
  open(host: string, port: number): void {
    const isEverywhere = host === '' || host === '0.0.0.0' || host === '::'
    const name = isEverywhere ? '127.0.0.1' : host
    const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}`
    const content: LocalAccessFile = { url, token: this.#token }
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
  }

  close(): void {
    rmSync(this.#path, { force: true })
  }

  /** Whether it is the token; it counts for clients on this host only. */
  isRight(token: string): boolean {
    return timingSafeEqual(hashOf(token), this.#hash)
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
