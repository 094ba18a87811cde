import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Table, type KvStore } from '#broker/ports.ts'
import { text, type ContentFactory, type KitStore } from './store-content.ts'

const TABLES = [Table.QUEUE, Table.RETAINED] as const

type Write = { do: 'put' | 'fresh' | 'remove'; table: Table; key: string; size: number }
type Scan = { do: 'scan'; table: Table; from: string; to: string; count: number }
type Command = Write | Scan | { do: 'commit' } | { do: 'settle' } | { do: 'reopen' }

const table = fc.constantFrom(...TABLES)
const keyChar = fc.constantFrom('\0', 'a', 'b', '\x7f', '\x80', '\xfe')
const key = fc.string({ unit: keyChar, minLength: 1, maxLength: 3 })
const size = fc.nat(40)

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: write('put') },
  { weight: 8, arbitrary: write('fresh') },
  { weight: 8, arbitrary: write('remove') },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('scan' as const),
      table,
      from: fc.oneof(fc.constant(''), key),
      to: fc.oneof(fc.constant('\xff'), key),
      count: fc.integer({ min: 1, max: 20 }),
    }),
  },
)

function write(kind: 'put' | 'fresh' | 'remove'): fc.Arbitrary<Command> {
  return fc.record({ do: fc.constant(kind), table, key, size })
}

/** Generated commands on a store and on maps: both have to say the same at every moment. */
export async function checkModel(make: ContentFactory, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 80 }), async (commands) => {
      const content = await make()
      try {
        let store = content.open()
        const model = new Model()
        for (const [index, one] of commands.entries()) {
          if (one.do === 'reopen') {
            await settled(store)
            store = await content.reopen()
          } else if (one.do === 'settle') await settled(store)
          else model.apply(store, one, index)
        }
        model.compare(store)
        await settled(store)
        model.compare(store)
      } finally {
        await content.remove()
      }
    }),
    { numRuns: runs },
  )
}

function settled(store: KitStore): Promise<unknown> {
  return new Promise((resolve) => {
    store.barrier(resolve)
    store.commit()
  })
}

class Model {
  readonly #tables: ReadonlyMap<Table, Map<string, string>>

  constructor() {
    this.#tables = new Map(TABLES.map((name) => [name, new Map<string, string>()]))
  }

  apply(store: KvStore, one: Command, index: number): void {
    if (one.do === 'commit') store.commit()
    else if (one.do === 'scan') this.#scan(store, one)
    else if (one.do !== 'settle' && one.do !== 'reopen') this.#write(store, one, index)
  }

  compare(store: KvStore): void {
    for (const name of TABLES) {
      this.#scan(store, { do: 'scan', table: name, from: '', to: '\xff', count: Infinity })
      for (const [at, value] of this.#map(name)) {
        assert.equal(text(store.get(name, at)), value)
      }
    }
  }

  #write(store: KvStore, one: Write, index: number): void {
    const map = this.#map(one.table)
    if (one.do === 'remove') {
      store.remove(one.table, one.key)
      map.delete(one.key)
    } else {
      const value = `${index}:`.padEnd(one.size, '.')
      // To promise freshness of a key that exists would be the caller's fault.
      store.put(one.table, one.key, Buffer.from(value), one.do === 'fresh' && !map.has(one.key))
      map.set(one.key, value)
    }
    assert.equal(text(store.get(one.table, one.key)), map.get(one.key))
  }

  #scan(store: KvStore, { table: name, from, to, count }: Scan): void {
    const expected = [...this.#map(name)]
      .filter(([at]) => at >= from && at < to)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, count)
    const found: [string, string][] = []
    store.scan(name, from, to, (at, value) => found.push([at, text(value) ?? '']) < count)
    assert.deepEqual(found, expected)
  }

  #map(name: Table): Map<string, string> {
    return this.#tables.get(name)! // One for each of TABLES.
  }
}
