import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Table } from '#broker/ports.ts'
import { nextMessage, startChild } from '../../../test/storage/child.ts'
import { SILENT_LOG, makeDataDir, openStore, prepare } from '../../../test/storage/lmdb-content.ts'
import { bytes, committed, scanned, text } from '../../../test/storage/store-content.ts'
import { Durability } from '../durability.ts'
import { STORAGE_EXIT_CODES, StorageError, type StorageErrorKind } from '../storage-error.ts'
import type { StorageFormat } from './migrations.ts'
import { prepareStorage } from './prepare-storage.ts'

const USER = new URL('../../../test/storage/directory-user.ts', import.meta.url)
const { BATCH, MEMORY, SYNC } = Durability

function dataDirFor(context: TestContext): string {
  const dataDir = makeDataDir()
  context.after(() => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

/** Leaves a directory with `count` values of 1 KB, closed. */
async function fill(dataDir: string, durability: Durability, count: number): Promise<void> {
  const prepared = await prepare(dataDir, durability)
  const store = openStore(prepared)
  for (let index = 0; index < count; index++) {
    store.put(Table.QUEUE, `key ${index}`, Buffer.alloc(1_000, `${index}`))
  }
  assert.equal(await committed(store), undefined)
  await store.close()
  await prepared.close()
}

async function keysIn(dataDir: string, durability: Durability): Promise<number> {
  const prepared = await prepare(dataDir, durability)
  const store = openStore(prepared)
  const count = scanned(store).length
  await store.close()
  await prepared.close()
  return count
}

async function refused(dataDir: string, kind: StorageErrorKind, format?: StorageFormat) {
  const settings = { dataDir, durability: BATCH, bytesMax: Infinity, log: SILENT_LOG }
  const promise = prepareStorage(format === undefined ? settings : { ...settings, format })
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof StorageError, String(error))
  assert.equal(error.kind, kind)
  assert.equal(error.exitCode, STORAGE_EXIT_CODES[kind])
  return error.message
}

test('mode memory starts empty and leaves the durable storage alone', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 3)
  await fill(dataDir, MEMORY, 5)
  assert.equal(await keysIn(dataDir, MEMORY), 0)
  assert.equal(await keysIn(dataDir, BATCH), 3)
})

test('the modes batch and sync share the storage', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 10)
  assert.equal(await keysIn(dataDir, SYNC), 10)
  await fill(dataDir, SYNC, 20)
  assert.equal(await keysIn(dataDir, BATCH), 20)
})

test('an environment that was being made when the process died is made again', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 1)
  rmSync(join(dataDir, 'storage', 'data.mdb'))
  writeFileSync(join(dataDir, 'storage-new'), 'a file in the way')
  assert.equal(await keysIn(dataDir, BATCH), 0)
  assert.equal(existsSync(join(dataDir, 'storage-new')), false)
})

test('a file that is no storage is refused by name, with what to do', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 1)
  const file = join(dataDir, 'storage', 'data.mdb')
  for (const content of [Buffer.alloc(100_000, 'not a database '), Buffer.alloc(50_000), '']) {
    writeFileSync(file, content)
    const message = await refused(dataDir, 'corrupt')
    assert.ok(message.includes(file), message)
    assert.match(message, /restore the directory .* from a backup, or move it away/)
    assert.deepEqual(readFileSync(file).toString(), content.toString(), 'it is left as it was')
  }
})

test('a file that was cut short is refused, in a process that lives', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 2_000)
  const file = join(dataDir, 'storage', 'data.mdb')
  const prepared = await prepare(dataDir, BATCH)
  truncateSync(file, prepared.usage().fileBytes / 2)
  await prepared.close()
  const child = startChild(USER, [dataDir, BATCH])
  const ended = once(child, 'exit')
  assert.ok(String(await nextMessage(child)).includes(file))
  assert.deepEqual(await ended, [STORAGE_EXIT_CODES.corrupt, null])
})

test('damage found while reading is a typed error too', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 2_000)
  const file = openSync(join(dataDir, 'storage', 'data.mdb'), 'r+')
  const { size } = statSync(join(dataDir, 'storage', 'data.mdb'))
  // All but the first pages: those of the tables' roots stand behind and are hit as well.
  for (let at = 40_960; at < size; at += 4_096) writeSync(file, Buffer.alloc(4_096), 0, 4_096, at)
  closeSync(file)
  const failures: unknown[] = []
  try {
    await keysIn(dataDir, BATCH)
  } catch (error) {
    failures.push(error)
  }
  const [failure] = failures
  assert.ok(failure instanceof StorageError, String(failure))
  assert.equal(failure.kind, 'corrupt')
})

test('a storage of a newer version is refused and left as it is', async (context) => {
  const dataDir = dataDirFor(context)
  const newer: StorageFormat = { version: 7, steps: [] }
  const settings = { dataDir, durability: BATCH, bytesMax: Infinity, log: SILENT_LOG }
  await (await prepareStorage({ ...settings, format: newer })).close()
  const file = join(dataDir, 'storage', 'data.mdb')
  const before = readFileSync(file)
  const message = await refused(dataDir, 'newer_version')
  assert.match(message, /has format 7, this version knows formats up to 1/)
  assert.deepEqual(readFileSync(file), before)
  await (await prepareStorage({ ...settings, format: newer })).close()
})

const STEPS: StorageFormat = {
  version: 3,
  steps: [
    {
      from: 1,
      summary: 'values say which they are',
      run(tables) {
        for (const { key, value } of tables.entries(Table.QUEUE)) {
          tables.put(Table.QUEUE, key, Buffer.concat([bytes('2:'), value.subarray(0, 4)]))
        }
      },
    },
    {
      from: 2,
      summary: 'every second key moves to another table',
      run(tables) {
        for (const { key, value } of tables.entries(Table.QUEUE)) {
          if (Number(key.slice(4)) % 2 === 0) continue
          tables.remove(Table.QUEUE, key)
          tables.put(Table.BODIES, key, value)
        }
      },
    },
  ],
}

test('an older storage is brought forward step by step', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 2_500)
  const lines: unknown[] = []
  const log = {
    ...SILENT_LOG,
    info: (event: string, fields?: object) => lines.push([event, fields]),
  }
  const settings = { dataDir, durability: BATCH, bytesMax: Infinity, log, format: STEPS }
  const prepared = await prepareStorage(settings)
  const store = openStore(prepared)
  assert.equal(text(store.get(Table.QUEUE, 'key 1234')), '2:1234')
  assert.equal(text(store.get(Table.BODIES, 'key 1235')), '2:1235')
  assert.equal(scanned(store).length, 1_250)
  assert.equal(lines.length, 3, 'two steps and the end')
  await store.close()
  await prepared.close()
  await (await prepareStorage(settings)).close()
  assert.equal(lines.length, 4, 'nothing to do the second time')
  assert.match(await refused(dataDir, 'newer_version'), /format 3/)
})

test('a step that fails changes nothing, and can be tried again', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 10)
  const [first, second] = STEPS.steps
  assert.ok(first !== undefined && second !== undefined)
  const failing: StorageFormat = {
    version: 3,
    steps: [
      first,
      {
        ...second,
        run(tables) {
          second.run(tables)
          throw new Error('no way')
        },
      },
    ],
  }
  const message = await refused(dataDir, 'migration', failing)
  assert.match(message, /from format 2 to 3 \(every second key .*no way; it is still in format 2/)
  const settings = { dataDir, durability: BATCH, bytesMax: Infinity, log: SILENT_LOG }
  const prepared = await prepareStorage({ ...settings, format: STEPS })
  const store = openStore(prepared)
  assert.equal(scanned(store).length, 5)
  assert.equal(text(store.get(Table.BODIES, 'key 1')), '2:1111')
  await store.close()
  await prepared.close()
})

test('a storage too old for any step is refused', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 1)
  const message = await refused(dataDir, 'migration', { version: 3, steps: STEPS.steps.slice(1) })
  assert.match(message, /has format 1, too old for this version/)
})

test('above the configured size the store takes nothing new until there is room', async (t) => {
  const dataDir = dataDirFor(t)
  const bytesMax = 4 * 1024 * 1024
  const prepared = await prepare(dataDir, BATCH, bytesMax)
  const store = openStore(prepared)
  const other = openStore(prepared)
  let keys = 0
  while (store.healthy && keys < 10_000) {
    for (let index = 0; index < 50; index++) {
      store.put(Table.BODIES, `key ${keys++}`, Buffer.alloc(2_000))
    }
    assert.equal(await committed(store), undefined)
  }
  const { usedBytes } = prepared.usage()
  assert.ok(usedBytes > bytesMax && usedBytes < 1.3 * bytesMax, `${usedBytes} used`)
  for (let index = 0; index < keys / 2; index++) other.remove(Table.BODIES, `key ${index}`)
  assert.equal(await committed(other), undefined, 'what makes room is written')
  const startedMs = performance.now()
  while (!store.healthy) {
    assert.ok(performance.now() - startedMs < 10_000, 'it recovers')
    await new Promise((resolve) => setImmediate(resolve))
  }
  await store.close()
  await other.close()
  await prepared.close()
})

test('a backup holds what was committed', async (context) => {
  const dataDir = dataDirFor(context)
  await fill(dataDir, BATCH, 10)
  const prepared = await prepare(dataDir, BATCH)
  const copy = dataDirFor(context)
  await prepared.backup(join(copy, 'storage'))
  await prepared.close()
  assert.equal(await keysIn(copy, BATCH), 10)
})
