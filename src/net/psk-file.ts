import { readFileSync } from 'node:fs'
import { TlsConfigError } from './tls-files.ts'

/** Where pre-shared keys stand. */
export interface PskOptions {
  readonly path: string
  /** Between identity and key. */
  readonly separator: string
}

/** Keys by the identity that a client gives. */
export type PskTable = ReadonlyMap<string, Uint8Array>

/** What OpenSSL takes. */
const IDENTITY_BYTES_MAX = 256
const KEY_BYTES_MAX = 512
/** Every shard holds all of them, and compares them when files are looked at again. */
const KEYS_MAX = 100_000

/**
 * Reads a file of pre-shared keys. Empty lines are skipped; the last line of an identity counts.
 * @throws TlsConfigError with the number of the line, without the key, or above 100,000 keys
 */
export function readPskFile({ path, separator }: PskOptions): PskTable {
  const table = new Map<string, Uint8Array>()
  for (const [index, written] of readText(path).split(/\r?\n/).entries()) {
    const line = written.trim()
    if (line === '') continue
    const at = line.indexOf(separator)
    const identity = at < 0 ? '' : line.slice(0, at)
    const key = Buffer.from(at < 0 ? '' : line.slice(at + separator.length), 'utf8')
    const isRight =
      identity !== '' &&
      Buffer.byteLength(identity) <= IDENTITY_BYTES_MAX &&
      key.length > 0 &&
      key.length <= KEY_BYTES_MAX
    if (!isRight) {
      const form = `identity${separator}key`
      throw new TlsConfigError(`${path} line ${index + 1} is not of the form ${form}. Correct it.`)
    }
    table.set(identity, key)
  }
  if (table.size > KEYS_MAX) {
    throw new TlsConfigError(`${path} has more than ${KEYS_MAX} keys. Give others certificates.`)
  }
  return table
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as { code?: string }).code ?? String(error)
    throw new TlsConfigError(`the file of pre-shared keys ${path} cannot be read (${code}).`, error)
  }
}
