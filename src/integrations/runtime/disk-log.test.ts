import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DiskLog } from './disk-log.ts'

const SILENT = { writeFailed() {}, damaged() {} }

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-disk-log-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'lane')
}

function append(log: DiskLog, text: string): Promise<unknown> {
  return new Promise((resolve) => {
    assert.ok(log.append(Buffer.from(text), false, resolve))
  })
}

async function readAll(log: DiskLog): Promise<readonly string[]> {
  const texts: string[] = []
  for (;;) {
    const entries = await log.read(1024)
    if (entries.length === 0) return texts
    for (const { content, place } of entries) {
      texts.push(content.toString())
      log.settle(place)
    }
  }
}

test('entries come in order, and are gone when they are settled', async (context) => {
  const folder = folderOf(context)
  const log = new DiskLog(folder, SILENT)
  for (let n = 0; n < 100; n++) void append(log, `entry ${n}`)
  assert.deepEqual(
    await readAll(log),
    [...Array(100).keys()].map((n) => `entry ${n}`),
  )
  assert.ok(log.isEmpty)
  await log.close([])
  assert.ok(!existsSync(folder))
})

test('what was written is there for the next process, without a close', async (context) => {
  const folder = folderOf(context)
  const killed = new DiskLog(folder, SILENT)
  await Promise.all([append(killed, 'a'), append(killed, 'b'), append(killed, 'c')])
  const next = new DiskLog(folder, SILENT)
  assert.ok(next.unreadBytes > 0)
  assert.deepEqual(await readAll(next), ['a', 'b', 'c'])
  await next.close([])
  await killed.close([]).catch(() => {}) // Lets go of its file, which is not there any more.
})

test('what is not settled comes again, what is settled does not', async (context) => {
  const folder = folderOf(context)
  const log = new DiskLog(folder, SILENT)
  await Promise.all([append(log, 'a'), append(log, 'b'), append(log, 'c')])
  const [first] = await log.read(1024)
  assert.ok(first)
  log.settle(first.place)
  await log.close([])
  const next = new DiskLog(folder, SILENT)
  assert.deepEqual(await readAll(next), ['b', 'c'])
  await next.close([])
})

test('entries that go in front at the end come first', async (context) => {
  const folder = folderOf(context)
  const log = new DiskLog(folder, SILENT)
  await append(log, 'c')
  await log.close([Buffer.from('a'), Buffer.from('b')])
  const next = new DiskLog(folder, SILENT)
  void append(next, 'd')
  assert.deepEqual(await readAll(next), ['a', 'b', 'c', 'd'])
  await next.close([])
})

test('a torn end is left out and told, what is before and after it comes', async (context) => {
  const folder = folderOf(context)
  const killed = new DiskLog(folder, SILENT)
  await Promise.all([append(killed, 'a'), append(killed, 'b')])
  const [segment = ''] = readdirSync(folder).filter((name) => name.endsWith('.log'))
  appendFileSync(join(folder, segment), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5]))
  const damages: number[] = []
  const next = new DiskLog(folder, { ...SILENT, damaged: (_, bytes) => damages.push(bytes) })
  assert.deepEqual(await readAll(next), ['a', 'b'])
  assert.deepEqual(damages, [9])
  await append(next, 'c')
  assert.deepEqual(await readAll(next), ['c'])
  await next.close([])
  await killed.close([]).catch(() => {})
})

test('a log takes over what another one left, before its own', async (context) => {
  const folder = folderOf(context)
  const other = new DiskLog(`${folder}-other`, SILENT)
  await Promise.all([append(other, 'a'), append(other, 'b')])
  await other.close([])
  const own = new DiskLog(folder, SILENT)
  await append(own, 'c')
  await own.close([])
  const log = new DiskLog(folder, SILENT)
  log.adopt(`${folder}-other`)
  assert.deepEqual(await readAll(log), ['a', 'b', 'c'])
  assert.ok(!existsSync(`${folder}-other`))
  await log.close([])
})

test('large entries come whole, over several segments', async (context) => {
  const log = new DiskLog(folderOf(context), SILENT)
  const texts = ['x', 'y', 'z'].map((letter) => letter.repeat(5_000_000))
  for (const text of texts) await append(log, text)
  assert.ok((await readAll(log)).every((text, index) => text === texts[index]))
  await log.close([])
})

test('the end does not wait for a disk that takes nothing, and tells it', async (context) => {
  const folder = folderOf(context)
  writeFileSync(folder, 'no folder')
  const failed = Promise.withResolvers<string>()
  const log = new DiskLog(folder, { ...SILENT, writeFailed: failed.resolve })
  const written = [append(log, 'a'), append(log, 'b')]
  await failed.promise
  assert.equal(await log.close([Buffer.from('c')]), false)
  assert.deepEqual(await Promise.all(written), [false, false])
})

test('what cannot go in front at the end is told, the rest is kept', async (context) => {
  const folder = folderOf(context)
  const log = new DiskLog(folder, SILENT)
  await append(log, 'b')
  // Neither the note how far it is done nor a segment in front can be written.
  mkdirSync(join(folder, 'position'))
  mkdirSync(join(folder, '0000999999.log'))
  assert.equal(await log.close([Buffer.from('a')]), false)
  for (const name of ['position', '0000999999.log']) rmSync(join(folder, name), { recursive: true })
  const next = new DiskLog(folder, SILENT)
  assert.deepEqual(await readAll(next), ['b'])
  await next.close([])
})

test('zeros at the end, as a loss of power leaves them, are no entries', async (context) => {
  const folder = folderOf(context)
  const killed = new DiskLog(folder, SILENT)
  await append(killed, 'a')
  const [segment = ''] = readdirSync(folder).filter((name) => name.endsWith('.log'))
  appendFileSync(join(folder, segment), Buffer.alloc(100))
  const damages: number[] = []
  const next = new DiskLog(folder, { ...SILENT, damaged: (_, bytes) => damages.push(bytes) })
  assert.deepEqual(await readAll(next), ['a'])
  assert.deepEqual(damages, [100])
  await next.close([])
  await killed.close([])
})

test('a segment that is gone is left out and told', async (context) => {
  const folder = folderOf(context)
  const first = new DiskLog(folder, SILENT)
  await append(first, 'a')
  await first.close([])
  const damages: number[] = []
  const log = new DiskLog(folder, { ...SILENT, damaged: (_, bytes) => damages.push(bytes) })
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  assert.deepEqual(await readAll(log), [])
  assert.equal(damages.length, 1)
  await log.close([])
})

test('a note of more than there is, after a kill, hides nothing later', async (context) => {
  const folder = folderOf(context)
  const killed = new DiskLog(folder, SILENT)
  await append(killed, 'a')
  writeFileSync(join(folder, 'position'), '1000000 5000'.padEnd(32))
  const next = new DiskLog(folder, SILENT)
  await append(next, 'b')
  assert.deepEqual(await readAll(next), ['b'])
  await next.close([])
  await killed.close([])
})
