/**
 * What every store of the broker has to do, run over each implementation.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Table, type KvStore } from '#broker/ports.ts'
import { KEY_END } from '#kernel/binary-key.ts'
import {
  bytes,
  committed,
  scanned,
  text,
  type ContentFactory,
  type KitStore,
  type StoreContent,
} from './store-content.ts'
import { checkModel } from './store-model.ts'

/** Declares the tests for one implementation; `modelRuns` are tries of the generated test. */
export function testStore(name: string, make: ContentFactory, modelRuns: number): void {
  const declare = (title: string, run: (store: KitStore, content: StoreContent) => unknown): void =>
    void test(`${name}: ${title}`, async (context) => {
      const content = await contentOf(context, make)
      await run(content.open(), content)
    })
  testReads(declare)
  testScans(declare)
  testVisitors(declare)
  testFresh(declare)
  testBarriers(declare)
  testContent(declare)
  test(`${name}: does what a map does, through commits and reopening`, async () => {
    await checkModel(make, modelRuns)
  })
}

type Declare = (title: string, run: (store: KitStore, content: StoreContent) => unknown) => void

async function contentOf(context: TestContext, make: ContentFactory): Promise<StoreContent> {
  const content = await make()
  context.after(() => content.remove())
  return content
}

function testReads(declare: Declare): void {
  declare('reads see what is pending, being written, and written', async (store) => {
    store.put(Table.QUEUE, 'a', bytes('1'))
    assert.equal(text(store.get(Table.QUEUE, 'a')), '1')
    const first = committed(store)
    store.put(Table.QUEUE, 'b', bytes('2'))
    assert.equal(text(store.get(Table.QUEUE, 'a')), '1')
    assert.equal(text(store.get(Table.QUEUE, 'b')), '2')
    assert.equal(await first, undefined)
    assert.equal(await committed(store), undefined)
    assert.equal(text(store.get(Table.QUEUE, 'a')), '1')
    assert.equal(text(store.get(Table.QUEUE, 'b')), '2')
    assert.equal(store.get(Table.QUEUE, 'c'), undefined)
    assert.equal(store.get(Table.META, 'a'), undefined, 'tables are apart')
  })

  declare('the last write of a key counts, in a tick and over ticks', async (store) => {
    store.put(Table.QUEUE, 'a', bytes('1'))
    store.put(Table.QUEUE, 'a', bytes('22'))
    await committed(store)
    assert.equal(text(store.get(Table.QUEUE, 'a')), '22')
    store.remove(Table.QUEUE, 'a')
    assert.equal(store.get(Table.QUEUE, 'a'), undefined)
    const removal = committed(store)
    store.put(Table.QUEUE, 'a', bytes('3'))
    assert.equal(text(store.get(Table.QUEUE, 'a')), '3')
    await removal
    assert.equal(text(store.get(Table.QUEUE, 'a')), '3')
    store.remove(Table.QUEUE, 'a')
    await committed(store)
    assert.equal(store.get(Table.QUEUE, 'a'), undefined)
  })

  declare('pending bytes grow by keys and values and fall to zero', async (store) => {
    assert.equal(store.pendingBytes, 0)
    store.put(Table.QUEUE, 'key', bytes('value'))
    assert.equal(store.pendingBytes, 8)
    store.put(Table.QUEUE, 'key', bytes('longer value'))
    assert.equal(store.pendingBytes, 15)
    store.remove(Table.QUEUE, 'key')
    assert.equal(store.pendingBytes, 3)
    store.remove(Table.QUEUE, 'other')
    assert.equal(store.pendingBytes, 8)
    await committed(store)
    assert.equal(store.pendingBytes, 0)
  })
}

function testScans(declare: Declare): void {
  declare('a scan visits [from, to) in the order of bytes', async (store) => {
    const keys = ['b', 'a\xfe', 'a', 'a\0', '\0', 'aa', 'a\x80', '\x01\xff', 'B']
    for (const key of keys) store.put(Table.QUEUE, key, bytes('v'))
    const expected = keys.toSorted().map((key) => `${key}=v`)
    assert.deepEqual(scanned(store), expected)
    await committed(store)
    assert.deepEqual(scanned(store), expected)
    assert.deepEqual(scanned(store, 'a', 'a\x80'), ['a=v', 'a\0=v', 'aa=v'])
    assert.deepEqual(scanned(store, 'a\x80', 'b'), ['a\x80=v', 'a\xfe=v'])
    assert.deepEqual(scanned(store, 'b', 'b'), [])
    assert.deepEqual(scanned(store, 'c', 'b'), [])
  })

  declare('a scan merges what is pending into what is written', async (store) => {
    for (const key of ['b', 'd', 'f', 'h']) store.put(Table.QUEUE, key, bytes('old'))
    await committed(store)
    store.put(Table.QUEUE, 'a', bytes('new'))
    store.put(Table.QUEUE, 'd', bytes('new'))
    store.remove(Table.QUEUE, 'f')
    store.remove(Table.QUEUE, 'x')
    const second = committed(store)
    store.put(Table.QUEUE, 'e', bytes('newer'))
    store.remove(Table.QUEUE, 'a')
    store.put(Table.QUEUE, 'i', bytes('newer'))
    const expected = ['b=old', 'd=new', 'e=newer', 'h=old', 'i=newer']
    assert.deepEqual(scanned(store), expected)
    assert.deepEqual(scanned(store, 'c', 'h'), expected.slice(1, 3))
    await second
    assert.deepEqual(scanned(store), expected)
    await committed(store)
    assert.deepEqual(scanned(store), expected)
  })
}

function testVisitors(declare: Declare): void {
  declare('a scan ends when the visitor says so', async (store) => {
    for (const key of ['a', 'b', 'c']) store.put(Table.QUEUE, key, bytes('v'))
    await committed(store)
    for (const key of ['b', 'd']) store.put(Table.QUEUE, key, bytes('w'))
    for (const count of [1, 2, 3]) {
      const found: string[] = []
      store.scan(Table.QUEUE, '', KEY_END, (key) => found.push(key) < count)
      assert.deepEqual(found, ['a', 'b', 'c'].slice(0, count))
    }
  })

  declare('a visitor may read, scan and write', async (store) => {
    for (const key of ['a', 'b', 'c']) store.put(Table.QUEUE, key, bytes(key))
    await committed(store)
    store.put(Table.QUEUE, 'bb', bytes('bb'))
    const found: string[] = []
    store.scan(Table.QUEUE, 'a', 'd', (key, value) => {
      assert.equal(text(store.get(Table.QUEUE, key)), text(value))
      assert.equal(scanned(store, key, 'd')[0], `${key}=${key}`)
      store.put(Table.RETAINED, key, value)
      store.remove(Table.QUEUE, key)
      return found.push(text(value) ?? '') > 0
    })
    assert.deepEqual(found, ['a', 'b', 'bb', 'c'])
    await committed(store)
    assert.deepEqual(scanned(store), [])
    assert.equal(scanned(store, '', KEY_END, Table.RETAINED).length, 4)
  })

  declare('scans and writes may alternate over many pending keys', (store) => {
    const expected: string[] = []
    for (let index = 0; index < 400; index++) {
      const key = `k${String((index * 7919) % 1000).padStart(3, '0')}`
      store.put(Table.QUEUE, key, bytes('v'))
      expected.push(`${key}=v`)
      assert.deepEqual(scanned(store), expected.sort())
    }
  })
}

function testFresh(declare: Declare): void {
  declare('a fresh put that is removed in its tick leaves nothing to write', async (store) => {
    for (let index = 0; index < 5_000; index++) {
      store.put(Table.QUEUE, `k${index % 10}`, bytes('value'), true)
      assert.equal(text(store.get(Table.QUEUE, `k${index % 10}`)), 'value')
      if (index % 100 === 0) assert.equal(scanned(store).length, 1)
      store.remove(Table.QUEUE, `k${index % 10}`)
    }
    assert.equal(store.pendingBytes, 0)
    assert.deepEqual(scanned(store), [])
    assert.equal(await committed(store), undefined)
    assert.deepEqual(scanned(store), [])
  })

  declare('a fresh put that is under way is removed by a write', async (store) => {
    store.put(Table.QUEUE, 'a', bytes('1'), true)
    const first = committed(store)
    store.remove(Table.QUEUE, 'a')
    assert.equal(store.get(Table.QUEUE, 'a'), undefined)
    await first
    assert.equal(store.get(Table.QUEUE, 'a'), undefined)
    await committed(store)
    assert.equal(store.get(Table.QUEUE, 'a'), undefined)
  })

  declare(
    'a key removed and put again as fresh in one tick is removed by a write',
    async (store) => {
      store.put(Table.QUEUE, 'a', bytes('1'))
      await committed(store)
      store.remove(Table.QUEUE, 'a')
      store.put(Table.QUEUE, 'a', bytes('2'), true)
      store.remove(Table.QUEUE, 'a')
      assert.equal(store.get(Table.QUEUE, 'a'), undefined)
      await committed(store)
      assert.equal(store.get(Table.QUEUE, 'a'), undefined)
    },
  )

  declare('a fresh key may be put again in its tick', async (store) => {
    store.put(Table.QUEUE, 'a', bytes('1'), true)
    store.put(Table.QUEUE, 'a', bytes('22'))
    assert.equal(store.pendingBytes, 3)
    await committed(store)
    assert.equal(text(store.get(Table.QUEUE, 'a')), '22')
  })
}

function testBarriers(declare: Declare): void {
  declare('a barrier answers at once when nothing is pending', async (store) => {
    const answers: (string | undefined)[] = []
    store.barrier((failure) => answers.push(failure?.kind))
    assert.deepEqual([...answers], [undefined])
    store.put(Table.QUEUE, 'a', bytes('1'), true)
    store.remove(Table.QUEUE, 'a')
    store.barrier((failure) => answers.push(failure?.kind))
    assert.deepEqual([...answers], [undefined, undefined])
    await committed(store)
    store.barrier((failure) => answers.push(failure?.kind))
    assert.equal(answers.length, 3)
  })

  declare('barriers answer in the order they were asked, over ticks', async (store) => {
    const answers: number[] = []
    const waits: Promise<unknown>[] = []
    for (let tick = 0; tick < 50; tick++) {
      store.put(Table.QUEUE, `k${tick}`, bytes('v'))
      store.barrier(() => answers.push(2 * tick))
      if (tick % 7 === 0) store.remove(Table.QUEUE, `k${tick}`)
      store.barrier(() => answers.push(2 * tick + 1))
      waits.push(committed(store))
    }
    await Promise.all(waits)
    assert.deepEqual(
      answers,
      Array.from({ length: 100 }, (_, index) => index),
    )
  })

  declare('a barrier answers also when everything before it was cancelled out', async (store) => {
    store.put(Table.QUEUE, 'a', bytes('1'), true)
    let answered = false
    store.barrier(() => (answered = true))
    store.remove(Table.QUEUE, 'a')
    store.commit()
    assert.equal(await committed(store), undefined)
    assert.ok(answered)
  })

  declare('after closing a barrier answers that it is closed', async (store) => {
    store.put(Table.QUEUE, 'a', bytes('1'))
    assert.equal(await store.close(), undefined)
    const answers: (string | undefined)[] = []
    store.barrier((failure) => answers.push(failure?.kind))
    assert.deepEqual(answers, ['closed'])
  })
}

function testContent(declare: Declare): void {
  declare('values and keys of every size come back', async (store, content) => {
    const sizes = [0, 1, 63, 64, 65, 1_000, 2_048, 4_096, 16_384, 262_144, 1_048_576]
    const value = (size: number): Buffer => Buffer.alloc(size, `<${size}>`)
    for (const size of sizes) store.put(Table.BODIES, `size ${size}`, value(size))
    const lengths = [1, 17, 1_899, 1_900, 1_901, 2_000, 65_535]
    const longKey = (length: number): string => 'topic\xff/'.repeat(length).slice(0, length)
    for (const length of lengths) store.put(Table.RETAINED, longKey(length), bytes(`${length}`))
    const check = (from: KvStore): void => {
      for (const size of sizes) {
        const found = from.get(Table.BODIES, `size ${size}`)
        assert.ok(found !== undefined && value(size).equals(found), `value of ${size} bytes`)
      }
      for (const length of lengths) {
        assert.equal(text(from.get(Table.RETAINED, longKey(length))), String(length))
      }
      const expected = lengths.map((length) => `${longKey(length)}=${length}`)
      assert.deepEqual(scanned(from, '', KEY_END, Table.RETAINED), expected)
    }
    check(store)
    await committed(store)
    check(store)
    check(await content.reopen())
  })

  declare('long keys that differ late are ordered, merged and removed', async (store) => {
    const beginning = 't/'.repeat(1_000)
    const keys = ['', '0', '1', '12', '2', 'x'.repeat(3_000), 'y'].map((end) => beginning + end)
    for (const key of [...keys, `${beginning.slice(0, 1_900)}!`]) {
      store.put(Table.RETAINED, key, bytes('v'))
    }
    await committed(store)
    store.remove(Table.RETAINED, keys[2]!)
    store.put(Table.RETAINED, `${beginning}11`, bytes('v'))
    const expected = keys.with(2, `${beginning}11`).map((key) => `${key}=v`)
    const from = beginning
    const to = `${beginning}y\0`
    assert.deepEqual(scanned(store, from, to, Table.RETAINED), expected)
    assert.deepEqual(scanned(store, keys[1], keys[5], Table.RETAINED), expected.slice(1, 5))
    await committed(store)
    assert.deepEqual(scanned(store, from, to, Table.RETAINED), expected)
    assert.deepEqual(scanned(store, keys[1], keys[5], Table.RETAINED), expected.slice(1, 5))
  })

  declare('another store sees a commit as soon as its barrier answered', async (store, content) => {
    const other = content.open()
    for (let round = 0; round < 100; round++) {
      // Reads before, so that a stale snapshot would show.
      assert.equal(text(other.get(Table.META, 'round')), round === 0 ? undefined : `${round - 1}`)
      store.put(Table.META, 'round', bytes(String(round)))
      await committed(store)
      assert.equal(text(other.get(Table.META, 'round')), String(round))
      assert.deepEqual(scanned(other, '', 'rounds', Table.META).at(-1), `round=${round}`)
    }
  })

  declare(
    'what was committed is there after reopening, the rest is not',
    async (store, content) => {
      store.put(Table.SESSIONS, 'kept', bytes('1'))
      store.put(Table.SESSIONS, 'removed', bytes('1'))
      await committed(store)
      store.remove(Table.SESSIONS, 'removed')
      await committed(store)
      const again = await content.reopen()
      assert.equal(text(again.get(Table.SESSIONS, 'kept')), '1')
      assert.equal(again.get(Table.SESSIONS, 'removed'), undefined)
    },
  )
}
