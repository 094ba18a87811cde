import { type FileHandle, open } from 'node:fs/promises'

/** A file that pieces are appended to: of one that cannot be written whole, nothing stays. */
export class WholeFile {
  readonly #handle: FileHandle
  #bytes: number
  /** Something may stand behind the last whole piece. */
  #isTorn = false

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle
    this.#bytes = bytes
  }

  /** Opens a file, or makes it. */
  static async open(path: string): Promise<WholeFile> {
    const handle = await open(path, 'a')
    try {
      return new WholeFile(handle, (await handle.stat()).size)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Length of all pieces. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param isSafe waits until it is on the disk itself */
  async append(piece: Uint8Array, isSafe: boolean): Promise<void> {
    await this.#mend()
    this.#isTorn = true
    await this.#handle.appendFile(piece)
    if (isSafe) await this.#handle.datasync()
    this.#bytes += piece.length
    this.#isTorn = false
  }

  async close(): Promise<void> {
    try {
      await this.#mend()
    } finally {
      await this.#handle.close()
    }
  }

  async #mend(): Promise<void> {
    if (this.#isTorn) await this.#handle.truncate(this.#bytes)
    this.#isTorn = false
  }
}
