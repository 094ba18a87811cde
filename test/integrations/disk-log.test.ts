import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  clientOf,
  publishNumbers,
  ruleTo,
  startIntegrated,
  untilCount,
} from './support/integration-rig.ts'

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-log-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function logTo(filepath: string, parameters: object, more: object = {}) {
  return {
    connectors: { disk_log: { c: { filepath, ...more } } },
    actions: { disk_log: { a: { connector: 'c', parameters } } },
  } as never
}

test('records are lines of JSON in files that rotate, none is lost', async (context) => {
  const folder = folderOf(context)
  const path = join(folder, 'sub', 'records.log')
  const broker = await startIntegrated(context, [
    logTo(path, { template: '${payload}' }, { max_file_size: '1KB', max_file_number: 10 }),
    ruleTo('disk_log:a'),
  ])
  const client = await clientOf(context, broker)
  await publishNumbers(client, 0, 300)
  await untilCount(broker, 'disk_log:a', 'success', 300)
  const files = readdirSync(join(folder, 'sub'))
  assert.ok(files.length > 2, files.join())
  const lines = files.flatMap((name) =>
    readFileSync(join(folder, 'sub', name), 'utf8')
      .trim()
      .split('\n'),
  )
  const numbers = lines.map((line) => (JSON.parse(line) as { n: number }).n)
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    [...Array(300).keys()],
  )
})

test('the oldest files are deleted', async (context) => {
  const folder = folderOf(context)
  const path = join(folder, 'records.log')
  const broker = await startIntegrated(context, [
    logTo(path, {}, { max_file_size: '1KB', max_file_number: 3 }),
    ruleTo('disk_log:a'),
  ])
  const client = await clientOf(context, broker)
  await publishNumbers(client, 0, 100)
  await untilCount(broker, 'disk_log:a', 'success', 100)
  assert.deepEqual(readdirSync(folder).toSorted(), [
    'records.log',
    'records.log.1',
    'records.log.2',
  ])
})

test('columns make CSV with a heading; a value keeps its cell', async (context) => {
  const folder = folderOf(context)
  const path = join(folder, 'records.csv')
  const broker = await startIntegrated(context, [
    logTo(path, { column_order: ['clientid', 'payload', 'qos', 'none'], write_mode: 'sync' }),
    ruleTo('disk_log:a'),
  ])
  const client = await clientOf(context, broker)
  await client.publishAsync('t/1', 'a "b", c\nd', { qos: 1 })
  await untilCount(broker, 'disk_log:a', 'success', 1)
  const text = readFileSync(path, 'utf8')
  assert.equal(text, 'clientid,payload,qos,none\ntester,"a ""b"", c\nd",1,\n')
})

test('a file that is taken away is made anew', async (context) => {
  const path = join(folderOf(context), 'records.log')
  const broker = await startIntegrated(context, [
    logTo(path, {}, { resource_opts: { health_check_interval: '100ms' } }),
    ruleTo('disk_log:a'),
  ])
  const client = await clientOf(context, broker)
  await publishNumbers(client, 0, 1)
  await untilCount(broker, 'disk_log:a', 'success', 1)
  rmSync(path)
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve))
})
