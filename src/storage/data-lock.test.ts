import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { killChild, nextMessage, startChild } from '../../test/storage/child.ts'
import { makeDataDir } from '../../test/storage/lmdb-content.ts'
import { lockDataDirectory } from './data-lock.ts'
import { Durability } from './durability.ts'
import { STORAGE_EXIT_CODES, StorageError } from './storage-error.ts'

const USER = new URL('../../test/storage/directory-user.ts', import.meta.url)

function dataDirFor(context: TestContext): string {
  const dataDir = makeDataDir()
  context.after(() => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

function errorOf(run: () => unknown): StorageError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof StorageError)
    return error
  }
  assert.fail('it was allowed')
}

test('a directory in use is refused with who uses it, and free when it is released', (context) => {
  const dataDir = dataDirFor(context)
  const lock = lockDataDirectory(dataDir)
  const error = errorOf(() => lockDataDirectory(dataDir))
  assert.equal(error.kind, 'locked')
  assert.ok(error.message.includes(dataDir))
  assert.ok(error.message.includes(`process ${process.pid} `))
  lock.release()
  lockDataDirectory(dataDir).release()
})

test('a second process is refused with its own exit code', async (context) => {
  const dataDir = dataDirFor(context)
  const lock = lockDataDirectory(dataDir)
  const child = startChild(USER, [dataDir, Durability.BATCH])
  const ended = once(child, 'exit')
  const message = await nextMessage(child)
  assert.match(String(message), /in use by another Tideway: process \d+ on .*, since 20/)
  assert.deepEqual(await ended, [STORAGE_EXIT_CODES.locked, null])
  lock.release()
})

test('a process that is killed leaves no lock behind', async (context) => {
  const dataDir = dataDirFor(context)
  const child = startChild(USER, [dataDir, Durability.BATCH])
  context.after(() => killChild(child))
  assert.equal(await nextMessage(child), 'open')
  assert.equal(errorOf(() => lockDataDirectory(dataDir)).kind, 'locked')
  await killChild(child)
  lockDataDirectory(dataDir).release()
})

test('a directory that cannot be made is refused', (context) => {
  const dataDir = dataDirFor(context)
  lockDataDirectory(dataDir).release()
  const error = errorOf(() => lockDataDirectory(join(dataDir, 'tideway.lock', 'below a file')))
  assert.equal(error.kind, 'io')
})
