/** What a change of one rule costs among many, counted in rules looked at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from '#streams/rules/make-rule.ts'
import { RuleEngine } from '#streams/rules/rule-engine.ts'
import { RuleReaders } from '#streams/rules/rule-readers.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'
import { World } from '../support/world.ts'
import { sampleServices } from './samples.ts'
import { ruleOf } from './support/rule-fixture.ts'

const MANY = 10_000
const SOURCES = [
  (n: number) => `"plant/${n}/+"`,
  () => '"$events/client/connected"',
  () => '"$sources/mqtt:plant"',
] as const

function startEngine() {
  const world = new World()
  const [shard] = world.shards
  assert.ok(shard !== undefined)
  const ports = {
    broker: shard.broker,
    clock: { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    services: sampleServices(),
    findAction: () => undefined,
  }
  const settings = { nodeName: 'n', ignoreSysMessages: true, jqTimeoutMs: 10_000 }
  return { world, hooks: shard.broker.core.hooks, engine: new RuleEngine(ports, settings) }
}

/** Rules of every kind of source that note when they are looked at. */
function loadMany(engine: RuleEngine) {
  const looks = { count: 0 }
  const watched = (id: string, sql: string): RuleSpec => ({
    ...ruleOf(id, sql, []),
    get enable() {
      looks.count++
      return true
    },
  })
  for (let n = 0; n < MANY; n++) {
    const source = SOURCES[n % SOURCES.length]!(n) // In range.
    engine.put(watched(`r${n}`, `SELECT * FROM ${source}`))
  }
  return { looks, watched }
}

/** The ids of the rules that an event has run, in their order. */
function ranBy(engine: RuleEngine, run: () => void): readonly string[] {
  const ids = Object.keys(engine.counters())
  engine.trace(ids)
  run()
  const matched = engine.takeTraced().filter(({ step }) => step === 'matched')
  engine.trace([])
  return matched.map(({ rule }) => rule)
}

test('a change of one rule looks at no other, and loading many at each but a few times', () => {
  const { engine } = startEngine()
  const { looks, watched } = loadMany(engine)
  assert.ok(looks.count <= 3 * MANY, `${looks.count} looks at ${MANY} rules`)
  for (const source of SOURCES) {
    looks.count = 0
    engine.put(watched('more', `SELECT * FROM ${source(MANY)}`))
    engine.put(watched('r5', `SELECT 1 AS one FROM ${source(MANY)}`))
    assert.equal(engine.remove('more'), true)
    assert.ok(looks.count <= 10, `${looks.count} looks`)
  }
})

test('hooks are set when the first rule reads an event and the last one ceases to', (t) => {
  const { engine, hooks } = startEngine()
  const watch = t.mock.method(hooks, 'watch')
  loadMany(engine)
  assert.equal(watch.mock.callCount(), 1)
  assert.ok(hooks.published !== undefined && hooks.connected !== undefined)
  for (let n = 0; n < MANY; n++) engine.remove(`r${n}`)
  assert.equal(watch.mock.callCount(), 2)
  assert.equal(hooks.published, undefined)
  assert.equal(hooks.connected, undefined)
  assert.equal(hooks.tickEnds, undefined)
})

test('rules run in the order they were made in, also those changed and switched since', () => {
  const { engine } = startEngine()
  const sql = 'SELECT * FROM "$sources/mqtt:plant"'
  const other = 'SELECT * FROM "$sources/mqtt:other"'
  for (const id of ['a', 'b', 'c', 'd']) engine.put(ruleOf(id, sql, []))
  engine.put(ruleOf('b', sql, [], { enable: false }))
  engine.put(ruleOf('c', other, []))
  const feed = () => engine.feed('$sources/mqtt:plant', { v: 1 })
  assert.deepEqual(ranBy(engine, feed), ['a', 'd'])
  engine.put(ruleOf('c', sql, []))
  engine.put(ruleOf('b', sql, []))
  assert.deepEqual(ranBy(engine, feed), ['a', 'b', 'c', 'd'])
  engine.remove('a')
  engine.put(ruleOf('a', sql, []))
  assert.deepEqual(ranBy(engine, feed), ['b', 'c', 'd', 'a'])
})

test('what a source gives has its name and the columns that all records have', () => {
  const { engine } = startEngine()
  engine.put(ruleOf('a', 'SELECT * FROM "$sources/mqtt:plant"', []))
  engine.trace(['a'])
  engine.feed('$sources/mqtt:plant', { v: 1 })
  const { output } = engine.takeTraced().find(({ step }) => step === 'output')?.fields ?? {}
  const { timestamp, ...rest } = JSON.parse(output ?? '{}')
  assert.equal(typeof timestamp, 'number')
  const metadata = { rule_id: 'a' }
  assert.deepEqual(rest, { event: '$sources/mqtt:plant', node: 'n', metadata, v: 1 })
})

test('a reader finds its place among many in a few steps', () => {
  const looks = { count: 0 }
  const rules = Array.from({ length: MANY }, (_, n) => {
    const rule = {
      get madeAs() {
        looks.count++
        return n
      },
    }
    return rule as Rule // What the list of readers knows of a rule.
  })
  const readers = new RuleReaders()
  for (const rule of rules) readers.add(['e'], rule)
  looks.count = 0
  const [, second, third] = rules
  assert.ok(second !== undefined && third !== undefined)
  for (const rule of [second, third]) assert.equal(readers.remove(['e'], rule), false)
  for (const rule of [third, second]) assert.equal(readers.add(['e'], rule), false)
  assert.ok(looks.count <= 4 * (1 + Math.ceil(Math.log2(MANY))), `${looks.count} looks`)
  assert.deepEqual(readers.get('e'), rules)
  for (const rule of rules.slice(1)) readers.remove(['e'], rule)
  assert.equal(readers.remove(['e'], rules[0]!), true) // There are many.
  assert.equal(readers.size, 0)
})
