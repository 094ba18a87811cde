import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { appendFile, type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { RotatingFile } from './rotating-file.ts'

test('a line that was written by half when the disk was full is whole in the end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-rotating-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'records.log')
  const file = new RotatingFile(path, 1000, 2)
  await file.open()
  t.after(() => file.close())
  await file.append('one\n', 'heading\n', false)
  const probe = await open(path)
  const files = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
  const full = t.mock.method(files, 'appendFile', async (piece: Uint8Array) => {
    full.mock.restore()
    await appendFile(path, piece.subarray(0, piece.length / 2))
    throw new Error('ENOSPC: no space left on device, write')
  })
  await assert.rejects(file.append('two\nthree\n', 'heading\n', false), /cannot be written: ENOSPC/)
  await file.append('two\nthree\n', 'heading\n', false)
  assert.equal(readFileSync(path, 'utf8'), 'heading\none\ntwo\nthree\n')
})
