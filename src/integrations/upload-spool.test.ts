import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile, type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Log } from '#broker/ports.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { type FullFile, type SpoolSettings, UploadSpool } from './upload-spool.ts'

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} }
const format = () => ({
  heading: 'n\n',
  lineOf: ({ n }: { readonly n?: unknown }) => `${String(n)}\n`,
})
const rows = (...numbers: readonly number[]) => numbers.map((n) => ({ n }))

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-spool-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Run {
  readonly spool: UploadSpool
  readonly uploaded: { readonly text: string; readonly sequence: number }[]
}

/** A spool that uploads to memory; `upload` comes first. */
async function openSpool(
  context: TestContext,
  settings: Partial<SpoolSettings> & { readonly folder: string },
  upload: (file: FullFile, signal: AbortSignal) => Promise<void> = async () => {},
): Promise<Run> {
  const uploaded: Run['uploaded'] = []
  const spool = new UploadSpool(
    {
      shard: 0,
      shardCount: 1,
      isQuoted: false,
      recordsMax: 2,
      intervalMs: 3_600_000,
      bytesMax: 1_000_000,
      ...settings,
    },
    {
      log: quiet,
      nowMs: () => 1_000_000,
      async upload(file, signal) {
        await upload(file, signal)
        uploaded.push({ text: readFileSync(file.path, 'utf8'), sequence: file.sequence })
      },
    },
  )
  context.after(() => spool.close())
  await spool.open()
  return { spool, uploaded }
}

async function until(isSo: () => boolean): Promise<void> {
  const endsAtMs = performance.now() + 20_000
  while (!isSo()) {
    assert.ok(performance.now() < endsAtMs, 'it did not come about')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.records'))

/** The next append of any file writes half of it, and finds the disk full. */
async function fillDisk(context: TestContext, folder: string): Promise<void> {
  const path = join(folder, 'probe')
  const probe = await open(path, 'w')
  const files = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
  const full = context.mock.method(files, 'appendFile', async (piece: Uint8Array) => {
    const [name = ''] = filesIn(join(folder, 'upload-0'))
    await appendFile(join(folder, 'upload-0', name), piece.subarray(0, piece.length / 2))
    full.mock.restore()
    throw new Error('ENOSPC: no space left on device, write')
  })
}

test('a record that was written by half when the disk was full is whole in the end', async (t) => {
  const folder = makeFolder(t)
  const { spool, uploaded } = await openSpool(t, { folder, recordsMax: 3 })
  await spool.add(rows(1), format)
  await fillDisk(t, folder)
  await assert.rejects(spool.add(rows(22, 33), format), /gathered in .* ENOSPC/)
  await spool.add(rows(22, 33), format)
  await until(() => uploaded.length === 1)
  assert.deepEqual(uploaded, [{ text: 'n\n1\n22\n33\n', sequence: 0 }])
})

test('records before the one that failed are not gathered twice', async (t) => {
  const folder = makeFolder(t)
  const { spool, uploaded } = await openSpool(t, { folder, bytesMax: 5 })
  const faults = await spool.add(rows(1, 2, 3), format)
  assert.deepEqual(
    faults.map(({ index, kind }) => [index, kind]),
    [[2, 'retryable']],
  )
  await until(() => uploaded.length === 1)
})

test('what is left by half after a crash is cut off', async (t) => {
  const folder = makeFolder(t)
  const first = await openSpool(t, { folder, recordsMax: 9 })
  await first.spool.add(rows(1), format)
  await first.spool.close()
  const [name = ''] = filesIn(join(folder, 'upload-0'))
  await appendFile(join(folder, 'upload-0', name), '2,"a\nb')
  const { uploaded } = await openSpool(t, { folder, isQuoted: true })
  await until(() => uploaded.length === 1)
  assert.deepEqual(uploaded, [{ text: 'n\n1\n', sequence: 0 }])
})

test('a file that was taken away does not hold up those behind it', async (t) => {
  const folder = makeFolder(t)
  const { spool, uploaded } = await openSpool(t, { folder }, async ({ path, sequence }) => {
    if (sequence === 0) await rm(path)
  })
  await spool.add(rows(1, 2, 3, 4), format)
  await until(() => uploaded.length === 1)
  assert.deepEqual(uploaded, [{ text: 'n\n3\n4\n', sequence: 1 }])
})

test('a full spool uploads what it has gathered, and takes records again', async (t) => {
  const folder = makeFolder(t)
  const { spool, uploaded } = await openSpool(t, { folder, recordsMax: 99, bytesMax: 4 })
  await spool.add(rows(1), format)
  await assert.rejects(spool.add(rows(2), format), DriverError)
  await until(() => uploaded.length === 1)
  await until(() => filesIn(join(folder, 'upload-0')).length === 0)
  await spool.add(rows(2), format)
})

test('an upload is over when the spool is closed, and done again afterwards', async (t) => {
  const folder = makeFolder(t)
  let isOver = false
  const first = await openSpool(t, { folder }, async (_, signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    isOver = true
    throw new Error('aborted')
  })
  await first.spool.add(rows(1, 2), format)
  await first.spool.close()
  assert.ok(isOver)
  const { uploaded } = await openSpool(t, { folder })
  await until(() => uploaded.length === 1)
})

test('files of shards that there are no more are taken over, numbers never repeat', async (t) => {
  const folder = makeFolder(t)
  const never = () => new Promise<void>(() => {})
  const open3 = (shard: number) =>
    openSpool(t, { folder, shard, shardCount: 3, recordsMax: 1 }, async (_, signal) => {
      await Promise.race([
        never(),
        new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
      ])
    })
  const runs = await Promise.all([0, 1, 2].map(open3))
  for (const [shard, { spool }] of runs.entries()) {
    for (let n = 0; n <= shard; n++) await spool.add(rows(10 * shard + n), format)
  }
  await Promise.all(runs.map(({ spool }) => spool.close()))
  const taken: Run['uploaded'][] = []
  for (const shard of [0, 1]) {
    const { spool, uploaded } = await openSpool(t, { folder, shard, shardCount: 2, recordsMax: 1 })
    await spool.add(rows(99), format)
    taken.push(uploaded)
  }
  await until(() => taken.flat().length === 8)
  const numbers = taken.flat().map(({ sequence }) => sequence)
  assert.equal(new Set(numbers).size, 8)
  assert.deepEqual(
    taken
      .flat()
      .map(({ text }) => Number(text.split('\n')[1]))
      .toSorted((a, b) => a - b),
    [0, 10, 11, 20, 21, 22, 99, 99],
  )
})

test('numbers go on when the note of the last one is damaged', async (t) => {
  const folder = makeFolder(t)
  const hold = async (_: FullFile, signal: AbortSignal): Promise<void> => {
    await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
  }
  const first = await openSpool(t, { folder }, hold)
  await first.spool.add(rows(1, 2, 3), format)
  await first.spool.close()
  writeFileSync(join(folder, 'upload-0', 'sequence'), '')
  const { spool, uploaded } = await openSpool(t, { folder })
  await spool.add(rows(4, 5), format)
  await until(() => uploaded.length === 3)
  assert.deepEqual(
    uploaded.map(({ sequence }) => sequence),
    [0, 1, 2],
  )
})
