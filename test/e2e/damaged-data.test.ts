import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Table } from '#broker/ports.ts'
import { prepareStorage } from '#storage/lmdb/prepare-storage.ts'
import { SILENT_LOG } from '../storage/lmdb-content.ts'
import { BrokerProcess, makeFolder } from './support/broker-process.ts'
import { damageRecords } from './support/edit-storage.ts'
import { LoadClient } from './support/load-client.ts'

const CONFIG = 'log.console.level = info'
/** Of a session, a subscription, a message, a body, a retained and a delayed message. */
const UNREADABLE = [
  'stored_session_unreadable',
  'stored_subscription_unreadable',
  'stored_message_unreadable',
  'stored_retained_unreadable',
  'stored_delayed_unreadable',
]
const QUIET_MS = 300

function dataDirFor(context: TestContext): string {
  return join(makeFolder(context), 'data')
}

/** A session that is away. */
async function leaveSession(port: number, clientId: string, filters: string[]): Promise<void> {
  const client = new LoadClient({ clientId, clean: false })
  await client.connect(port)
  await client.subscribe(filters, 1)
  client.drop()
}

async function publish(client: LoadClient, topic: string, text: string, retain = false) {
  const acked = new Promise<void>((resolve) => {
    client.onAcked = () => resolve()
  })
  client.publish(topic, Buffer.from(text), 1, retain)
  await acked
}

/** What a client that comes (back) is sent, until a last message that is published for it. */
async function arrivals(port: number, client: LoadClient, filter: string, publisher: LoadClient) {
  const texts: string[] = []
  const complete = new Promise<void>((resolve) => {
    client.onMessage = ({ payload }) => {
      const text = payload.toString()
      if (text === 'the last') resolve()
      else texts.push(text)
    }
  })
  const { sessionPresent } = await client.connect(port)
  if (client.clean) await client.subscribe(filter, 1)
  const silence = setTimeout(() => publisher.publish(filter.replace('#', 'z'), LAST, 1), QUIET_MS)
  if (sessionPresent || client.clean) await complete
  clearTimeout(silence)
  return { sessionPresent, texts }
}

const LAST = Buffer.from('the last')
const LONG = 'long enough to be stored once for several sessions'

async function fill(port: number): Promise<void> {
  await leaveSession(port, 'broken-session', ['a'])
  await leaveSession(port, 'broken-filter', ['b/broken', 'b/whole'])
  await leaveSession(port, 'broken-queue', ['c'])
  await leaveSession(port, 'broken-body-1', ['d'])
  await leaveSession(port, 'broken-body-2', ['d'])
  const publisher = new LoadClient({ clientId: 'publisher' })
  await publisher.connect(port)
  await publish(publisher, 'a', 'for the broken session')
  for (const text of ['one', 'two', 'three']) await publish(publisher, 'c', text)
  await publish(publisher, 'd', 'short')
  await publish(publisher, 'd', LONG)
  await publish(publisher, 'r/broken', 'retained, broken', true)
  await publish(publisher, 'r/whole', 'retained, whole', true)
  await publish(publisher, '$delayed/2/late/broken', 'delayed, broken')
  await publish(publisher, '$delayed/2/late/whole', 'delayed, whole')
  publisher.leave()
}

async function damage(dataDir: string): Promise<void> {
  const choices: readonly [Table, string][] = [
    [Table.SESSIONS, 'broken-session'],
    [Table.SUBSCRIPTIONS, 'b/broken'],
    [Table.QUEUE, 'two'],
    [Table.RETAINED, 'retained, broken'],
    [Table.DELAYED, 'delayed, broken'],
  ]
  for (const [table, text] of choices) {
    assert.equal(await damageRecords(dataDir, table, (value) => value.includes(text)), 1, table)
  }
  // In a body of its own when both sessions are in one shard, else in the records of both.
  const bodies = await damageRecords(dataDir, Table.BODIES, (value) => value.includes(LONG))
  const inline = await damageRecords(dataDir, Table.QUEUE, (value) => value.includes(LONG))
  assert.equal(bodies * 2 + inline, 2)
}

for (const shards of [1, 2]) {
  const of = shards === 1 ? 'one shard' : `${shards} shards`
  test(`with ${of} damaged records are named and skipped, the rest is served`, async (context) => {
    const dataDir = dataDirFor(context)
    const before = await BrokerProcess.start({ dataDir, shards, config: CONFIG })
    await fill(before.port())
    await before.kill()
    await damage(dataDir)

    const broker = await BrokerProcess.start({ dataDir, shards, config: CONFIG })
    const port = broker.port()
    const publisher = new LoadClient({ clientId: 'publisher' })
    await publisher.connect(port)
    const back = (clientId: string, filter: string) => {
      return arrivals(port, new LoadClient({ clientId, clean: false }), filter, publisher)
    }
    assert.equal((await back('broken-session', 'a')).sessionPresent, false)
    const queue = await back('broken-queue', 'c')
    assert.deepEqual(queue.texts, ['one', 'three'])
    assert.deepEqual((await back('broken-body-1', 'd')).texts, ['short'])
    assert.deepEqual((await back('broken-body-2', 'd')).texts, ['short'])
    await publish(publisher, 'b/broken', 'to nobody')
    assert.deepEqual((await back('broken-filter', 'b/whole')).texts, [])
    const reader = new LoadClient({ clientId: 'reader' })
    assert.deepEqual((await arrivals(port, reader, 'r/#', publisher)).texts, ['retained, whole'])
    await broker.waitForOutput('stored_delayed_unreadable')
    for (const event of UNREADABLE) assert.ok(broker.output.includes(event), event)
    assert.deepEqual(await broker.stop(), { code: 0, signal: null })

    const again = await BrokerProcess.start({ dataDir, shards, config: CONFIG })
    assert.doesNotMatch(again.output, /stored_(session|subscription|message)_unreadable/)
  })
}

/** Starts a broker that must refuse; gives what it said. */
async function refusal(dataDir: string, code: number): Promise<string> {
  const broker = BrokerProcess.spawn({ dataDir, config: CONFIG })
  assert.deepEqual(await broker.ended, { code, signal: null }, broker.output)
  return broker.output
}

test('a damaged file ends the start with what is wrong, and is left as it is', async (context) => {
  const dataDir = dataDirFor(context)
  const before = await BrokerProcess.start({ dataDir, config: CONFIG })
  await fill(before.port())
  await before.stop()
  const file = join(dataDir, 'storage', 'data.mdb')
  const whole = readFileSync(file)

  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.from('rotten'), 0, 6, 24)
  closeSync(handle)
  const damaged = readFileSync(file)
  const message = await refusal(dataDir, 80)
  assert.ok(message.includes(file), message)
  assert.match(message, /its header is not one of lmdb/)
  assert.match(message, /backup|move/i, 'it says what to do')
  assert.deepEqual(readFileSync(file), damaged)

  writeFileSync(file, whole)
  truncateSync(file, 100)
  assert.match(await refusal(dataDir, 80), /shorter than its header/)

  writeFileSync(file, whole)
  const broker = await BrokerProcess.start({ dataDir, config: CONFIG })
  assert.match(broker.output, /sessions_loaded, count: 5/)
})

test('a storage of a newer version is refused, and not touched', async (context) => {
  const dataDir = dataDirFor(context)
  const before = await BrokerProcess.start({ dataDir, config: CONFIG })
  await fill(before.port())
  await before.stop()
  const format = { version: 2, steps: [{ from: 1, summary: 'as if', run() {} }] }
  const settings = { dataDir, durability: 'batch', bytesMax: Infinity, log: SILENT_LOG } as const
  await (await prepareStorage({ ...settings, format })).close()
  const message = await refusal(dataDir, 82)
  assert.match(message, /has format 2, this version knows formats up to 1/)
  const newer = await prepareStorage({ ...settings, format })
  await newer.close()
})
