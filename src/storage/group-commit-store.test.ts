import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Table, type StoreFailure } from '#broker/ports.ts'
import { bytes } from '../../test/storage/store-content.ts'
import type { DurableEngine } from './durable-engine.ts'
import { Durability } from './durability.ts'
import { GroupCommitStore } from './group-commit-store.ts'

type Done = (failure: StoreFailure | undefined) => void

/** An engine that keeps what it is to write, and a timer that runs when told. */
function makeStore() {
  const writes: Done[] = []
  const timers: { delayMs: number; callback: () => void }[] = []
  const engine: DurableEngine = {
    shortage: undefined,
    get: () => undefined,
    cursor: () => ({ key: '', value: bytes(''), next: () => false, close() {} }),
    write: (_batch, done) => void writes.push(done),
  }
  const store = new GroupCommitStore(engine, {
    durability: Durability.BATCH,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    pendingBytesMax: 1_000,
    timer: {
      set: (delayMs, callback) => void timers.push({ delayMs, callback }),
      clear: () => void timers.splice(0),
    },
  })
  return { store, writes, timers }
}

const FAILURE: StoreFailure = { kind: 'io', message: 'broken' }

test('a failed batch is tried again by the timer when nobody commits', () => {
  const { store, writes, timers } = makeStore()
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  writes.shift()!(FAILURE)
  store.commit()
  assert.equal(writes.length, 0, 'not yet due')
  assert.equal(timers[0]?.delayMs, 100)
  timers.shift()?.callback()
  assert.equal(writes.length, 1)
  writes.shift()!(FAILURE)
  assert.equal(timers[0]?.delayMs, 200)
  timers.shift()?.callback()
  writes.shift()!(undefined)
  assert.equal(store.healthy, true)
  assert.equal(store.pendingBytes, 0)
})

test('closing gives up after one more failure, and leaves no timer', async () => {
  const { store, writes, timers } = makeStore()
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  writes.shift()!(FAILURE)
  const closed = store.close()
  writes.shift()!(FAILURE)
  assert.equal((await closed)?.kind, 'io')
  assert.equal(timers.length, 0)
  store.commit()
  assert.equal(writes.length, 0)
})

test('an engine that answers a batch twice is found out', () => {
  const { store, writes } = makeStore()
  store.put(Table.QUEUE, 'a', bytes('1'))
  store.commit()
  const done = writes.shift()!
  done(undefined)
  assert.throws(() => done(undefined), /answers each batch once/)
})

test('an empty key is refused', () => {
  const { store } = makeStore()
  assert.throws(() => store.put(Table.QUEUE, '', bytes('1')), /not empty/)
  assert.throws(() => store.remove(Table.QUEUE, ''), /not empty/)
})
