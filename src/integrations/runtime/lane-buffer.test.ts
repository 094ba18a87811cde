import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DiskLog } from './disk-log.ts'
import { LaneBuffer } from './lane-buffer.ts'

const OLD = 50

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function openBuffer(folder: string, mode: 'hybrid' | 'disk', ready: () => void): LaneBuffer {
  const disk = new DiskLog(folder, { writeFailed: assert.fail, damaged: assert.fail })
  const settings = { mode, bytesMax: 100_000_000, nowMs: () => performance.now() }
  return new LaneBuffer(settings, disk, { dropped: () => assert.fail('dropped'), ready })
}

for (const mode of ['hybrid', 'disk'] as const) {
  test(`${mode}: what comes while the disk is read goes behind what it has`, async (context) => {
    const folder = join(mkdtempSync(join(tmpdir(), 'tideway-lane-')), 'log')
    context.after(() => rmSync(join(folder, '..'), { recursive: true, force: true }))
    const former = openBuffer(folder, mode, () => {})
    for (let n = 0; n < OLD; n++)
      former.push({ record: { n }, expiresAtMs: Infinity }, 0, undefined)
    await former.close([])

    let isRead = false
    const buffer = openBuffer(folder, mode, () => {
      isRead = true
    })
    // All is read, and nothing at hand yet.
    while (buffer.bytes > 0 && !isRead) await nextTurn()
    const count = OLD + 2
    for (let n = OLD; n < count; n++)
      buffer.push({ record: { n }, expiresAtMs: Infinity }, 0, undefined)
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
