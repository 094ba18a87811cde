/** Opens a data directory as a node does at its start, and ends with the exit code it would. */
import { StorageError } from '#storage/storage-error.ts'
import type { Durability } from '#storage/durability.ts'
import { prepare } from './lmdb-content.ts'

const [, , dataDir = '', durability = ''] = process.argv
try {
  const prepared = await prepare(dataDir, durability as Durability) // The test passes one of them.
  process.send?.('open')
  await new Promise((resolve) => process.once('message', resolve))
  await prepared.close()
  process.disconnect?.()
} catch (error) {
  if (!(error instanceof StorageError)) throw error
  process.send?.(error.message)
  process.disconnect?.()
  process.exitCode = error.exitCode
}
