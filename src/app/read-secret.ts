import { readFileSync } from 'node:fs'
import { secretFile } from '#config/encode.ts'

/** A secret that stands in a file which cannot be read. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError'
}

/**
 * A secret of the configuration; one written as `file:///path` is read from there, without the
 * line end after it.
 * @throws SecretFileError
 */
export function readSecret(written: string): string {
  const path = secretFile(written)
  if (path === undefined) return written
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const code = (error as { code?: string }).code ?? String(error)
    throw new SecretFileError(`the file of a secret ${path} cannot be read: ${code}`)
  }
}
