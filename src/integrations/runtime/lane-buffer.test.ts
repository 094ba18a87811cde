import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DiskLog } from './disk-log.ts'
import { LaneBuffer } from './lane-buffer.ts'

const OLD = 50

function folderOf(context: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'tideway-lane-'))
  context.after(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'log')
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function openBuffer(folder: string, mode: 'hybrid' | 'disk', ready: () => void): LaneBuffer {
  const disk = new DiskLog(folder, { writeFailed: assert.fail, damaged: assert.fail })
  const settings = { mode, bytesMax: 100_000_000, nowMs: () => performance.now() }
  return new LaneBuffer(settings, disk, {
    dropped: () => assert.fail('dropped'),
    readFailed: assert.fail,
    ready,
  })
}

for (const mode of ['hybrid', 'disk'] as const) {
  test(`${mode}: what comes while the disk is read goes behind what it has`, async (context) => {
    const folder = folderOf(context)
    const former = openBuffer(folder, mode, () => {})
    for (let n = 0; n < OLD; n++)
      former.push({ record: { n }, expiresAtMs: Infinity, isFallback: false }, 0, undefined)
    await former.close([])

    let isRead = false
    const buffer = openBuffer(folder, mode, () => {
      isRead = true
    })
    // All is read, and nothing at hand yet.
    while (buffer.bytes > 0 && !isRead) await nextTurn()
    const count = OLD + 2
    for (let n = OLD; n < count; n++)
      buffer.push({ record: { n }, expiresAtMs: Infinity, isFallback: false }, 0, undefined)
    const taken: unknown[] = []
    while (taken.length < count) {
      for (const record of buffer.take(10, Infinity)) {
        taken.push(record.record['n'])
        buffer.settle(record)
      }
      await nextTurn()
    }
    assert.deepEqual(taken, [...Array(count).keys()])
    await buffer.close([])
  })
}

/** Puts a folder where a log has its first segment, so that reading fails; gives a way back. */
function breakSegment(folder: string): () => void {
  const path = join(folder, '0001000000.log')
  renameSync(path, `${path}.kept`)
  mkdirSync(path)
  return () => {
    rmSync(path, { recursive: true })
    renameSync(`${path}.kept`, path)
  }
}

test('a disk that could not be read is read again', async (context) => {
  const folder = folderOf(context)
  const former = openBuffer(folder, 'hybrid', () => {})
  former.push({ record: { n: 1 }, expiresAtMs: Infinity, isFallback: false }, 0, undefined)
  await former.close([])
  const reasons: string[] = []
  const told = Promise.withResolvers<undefined>()
  const ready = Promise.withResolvers<undefined>()
  const disk = new DiskLog(folder, { writeFailed: assert.fail, damaged: assert.fail })
  const mend = breakSegment(folder)
  const buffer = new LaneBuffer({ mode: 'hybrid', bytesMax: 1000, nowMs: Date.now }, disk, {
    dropped: () => assert.fail('dropped'),
    readFailed: (reason) => {
      reasons.push(reason)
      told.resolve(undefined)
    },
    ready: () => ready.resolve(undefined),
  })
  await told.promise
  mend()
  await ready.promise
  assert.deepEqual(
    buffer.take(10, Infinity).map(({ record }) => record),
    [{ n: 1 }],
  )
  assert.match(reasons[0] ?? '', /EISDIR/)
  await buffer.close([])
})

test('what the disk does not take at the end is told to be lost', async (context) => {
  const folder = folderOf(context)
  const former = openBuffer(folder, 'disk', () => {})
  former.push({ record: { n: 2 }, expiresAtMs: Infinity, isFallback: false }, 0, undefined)
  await former.close([])
  const fates: unknown[] = []
  const disk = new DiskLog(folder, { writeFailed: () => {}, damaged: assert.fail })
  mkdirSync(join(folder, '0000999999.log'))
  const mend = breakSegment(folder)
  const settings = { mode: 'hybrid', bytesMax: 1_000_000, nowMs: Date.now } as const
  const buffer = new LaneBuffer(settings, disk, {
    dropped: () => assert.fail('dropped'),
    readFailed: () => {},
    ready: () => {},
  })
  const taken = [
    {
      record: { n: 1 },
      expiresAtMs: Infinity,
      isFallback: false,
      bytes: 10,
      queuedAtMs: 0,
      done: () => fates.push('kept'),
      place: undefined,
    },
  ]
  assert.deepEqual(await buffer.close(taken), taken)
  assert.deepEqual(fates, [])
  mend()
})

test('with a full disk and nothing at hand, a new record finds no room', async (context) => {
  const folder = folderOf(context)
  const former = openBuffer(folder, 'disk', () => {})
  former.push({ record: { n: 1 }, expiresAtMs: Infinity, isFallback: false }, 0, undefined)
  await former.close([])
  const disk = new DiskLog(folder, { writeFailed: assert.fail, damaged: assert.fail })
  const mend = breakSegment(folder)
  const dropped: unknown[] = []
  const buffer = new LaneBuffer(
    { mode: 'hybrid', bytesMax: disk.unreadBytes + 10, nowMs: Date.now },
    disk,
    {
      dropped: ({ record }, why) => dropped.push([record['n'], why]),
      readFailed: () => {},
      ready: () => {},
    },
  )
  buffer.push({ record: { n: 2 }, expiresAtMs: Infinity, isFallback: false }, 0, undefined)
  assert.deepEqual(dropped, [[2, 'full']])
  await buffer.close([])
  mend()
})
