import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TableSetName } from '../contract/data.ts'
import { RestoreError, restoreTables } from './restore-tables.ts'
import type { TableSet } from './table-set.ts'

type Row = readonly [key: string, value: number]

/** A table in memory; it cannot be written while `isFull`. */
class FakeTable implements TableSet {
  readonly name: TableSetName
  readonly content: Map<string, number>
  isFull = false

  constructor(name: TableSetName, content: readonly Row[] = []) {
    this.name = name
    this.content = new Map(content)
  }

  rows = async (): Promise<readonly Row[]> => [...this.content]
  keyOf = (row: unknown): string => (row as Row)[0]

  restore = async (rows: readonly unknown[]): Promise<readonly string[]> => {
    for (const [key, value] of rows as readonly Row[]) {
      if (this.isFull && value < 0) throw new Error('the disk is full')
      this.content.set(key, value)
    }
    return [`${rows.length} rows`]
  }

  remove = async (rows: readonly unknown[]): Promise<void> => {
    for (const row of rows) this.content.delete(this.keyOf(row))
  }
}

const BROUGHT: readonly Row[] = [
  ['a', 10],
  ['c', 30],
]
const BEFORE: readonly Row[] = [
  ['a', 1],
  ['b', 2],
]

test('rows replace those with the same key, and other tables stay', async () => {
  const sets = [new FakeTable('api_keys', BEFORE), new FakeTable('banned', BEFORE)]
  const told = await restoreTables(sets, new Map([['banned', BROUGHT]]))
  assert.deepEqual(told, ['banned: 2 rows'])
  assert.deepEqual([...(sets[0]?.content ?? [])], BEFORE)
  assert.deepEqual([...(sets[1]?.content ?? [])], [...BEFORE.with(0, ['a', 10]), ['c', 30]])
})

test('when one cannot be written, all are as they were', async () => {
  const first = new FakeTable('api_keys', BEFORE)
  const full = new FakeTable('banned', BEFORE)
  const last = new FakeTable('delayed', BEFORE)
  full.isFull = true
  const rows: readonly Row[] = [...BROUGHT, ['d', -1]]
  const tables = new Map([first, full, last].map(({ name }) => [name, rows]))
  await assert.rejects(restoreTables([first, full, last], tables), (error: unknown) => {
    return error instanceof RestoreError && error.message === 'banned: the disk is full'
  })
  for (const { name, content } of [first, full, last]) assert.deepEqual([...content], BEFORE, name)
})

test('what cannot be taken back is told', async () => {
  const first = new FakeTable('api_keys', BEFORE)
  const full = new FakeTable('banned')
  full.isFull = true
  first.remove = async () => {
    throw new Error('neither')
  }
  const tables = new Map([first, full].map(({ name }) => [name, [['d', -1] as const]]))
  await assert.rejects(restoreTables([first, full], tables), {
    message: 'banned: the disk is full; api_keys could not be taken back: neither',
  })
})
