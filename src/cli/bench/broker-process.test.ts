import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { sampleProcess } from './broker-process.ts'

test('time and memory of this process are seen', () => {
  const { user, system } = process.cpuUsage()
  const sample = sampleProcess(process.pid)
  assert.ok(sample !== undefined)
  // The system counts in steps of 10 ms.
  assert.ok(Math.abs(sample.cpuMs - (user + system) / 1000) < 100)
  assert.ok(sample.residentBytes >= process.memoryUsage.rss() / 2)
  assert.ok(sample.anonymousBytes > 0 && sample.anonymousBytes <= sample.residentBytes)
})

test('memory of children counts', async () => {
  const before = sampleProcess(process.pid)
  const child = spawn(process.execPath, [
    '-e',
    'process.stdout.write("up");setInterval(()=>{},1e6)',
  ])
  try {
    await once(child.stdout, 'data')
    const after = sampleProcess(process.pid)
    assert.ok(before !== undefined && after !== undefined)
    assert.ok(after.residentBytes - before.residentBytes > 10_000_000)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})

test('a process that does not exist has no numbers', () => {
  assert.equal(sampleProcess(2 ** 30), undefined)
})
