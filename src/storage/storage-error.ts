/** Exit codes of a node that cannot open its storage, so that a supervisor can tell why. */
export const STORAGE_EXIT_CODES = {
  /** The operating system refused: permissions, disk full, I/O error. */
  io: 74,
  /** The data is damaged. */
  corrupt: 80,
  /** Another live process uses the data directory. */
  locked: 81,
  /** The data was written by a newer version. */
  newer_version: 82,
  /** A step from an older version failed; the data is as it was. */
  migration: 83,
} as const

export type StorageErrorKind = keyof typeof STORAGE_EXIT_CODES

/**
 * The storage cannot be opened, or was found damaged while reading. The message names the file and
 * what can be done; `exitCode` is what the process should end with.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly kind: StorageErrorKind
  readonly exitCode: number

  constructor(kind: StorageErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.exitCode = STORAGE_EXIT_CODES[kind]
  }
}
