import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OverloadMonitor } from './overload-monitor.ts'

const SETTINGS = { lagMsMax: 100, memoryMax: 0.8, isRefusing: true, zones: new Map() }

function monitor() {
  const lines: string[] = []
  const note = (message: string): void => void lines.push(message)
  const log = { debug: note, info: note, warn: note, error: note }
  return { lines, monitor: new OverloadMonitor(SETTINGS, log) }
}

test('one sample above a limit is enough, of lag or of memory', () => {
  for (const sample of [
    { lagMs: 101, memory: 0 },
    { lagMs: 0, memory: 0.81 },
  ]) {
    const { monitor: one, lines } = monitor()
    one.sample({ lagMs: 100, memory: 0.8 })
    assert.ok(!one.isOverloaded)
    one.sample(sample)
    one.sample(sample)
    assert.ok(one.isOverloaded)
    assert.deepEqual(lines, ['overload_begins'])
  }
})

test('it is over when all is well below for a while, not just below', () => {
  const { monitor: one, lines } = monitor()
  one.sample({ lagMs: 200, memory: 0.1 })
  for (let count = 0; count < 20; count++) one.sample({ lagMs: 90, memory: 0.1 })
  assert.ok(one.isOverloaded)
  for (let count = 0; count < 3; count++) one.sample({ lagMs: 50, memory: 0.1 })
  one.sample({ lagMs: 90, memory: 0.1 })
  for (let count = 0; count < 3; count++) one.sample({ lagMs: 50, memory: 0.1 })
  assert.ok(one.isOverloaded)
  one.sample({ lagMs: 50, memory: 0.1 })
  assert.ok(!one.isOverloaded)
  assert.deepEqual(lines, ['overload_begins', 'overload_is_over'])
})
