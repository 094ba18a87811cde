/** Keys that the start of a node takes as they are, proven on a running one. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { connectAsync, type MqttClient } from 'mqtt'
import { startBroker, type BrokerOptions, type TestBroker } from '#app/start-broker.ts'

const QUOTA_EXCEEDED = 0x97

async function start(context: TestContext, options: BrokerOptions): Promise<TestBroker> {
  const broker = await startBroker({ threads: 'inline', ...options })
  context.after(() => broker.stop())
  return broker
}

async function connect(context: TestContext, broker: TestBroker): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port('tcp:default')}`, {
    protocolVersion: 5,
    clientId: 'keeper',
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  })
  context.after(() => client.endAsync(true))
  return client
}

/** Publishes retained messages of 400 kB side by side; the reason codes of their PUBACKs. */
async function publishMany(client: MqttClient, prefix: string, count: number) {
  const payload = Buffer.alloc(400_000)
  const publishOne = async (index: number): Promise<number> => {
    try {
      await client.publishAsync(`${prefix}/${index}`, payload, { qos: 1, retain: true })
      return 0
    } catch (error) {
      return Number((error as { code?: unknown }).code)
    }
  }
  return new Set(await Promise.all(Array.from({ length: count }, (_, index) => publishOne(index))))
}

test('node.data_dir and durability.mode say where and how data is kept', async (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tideway-place-'))
  context.after(() => rmSync(dataDir, { recursive: true }))
  const onDisk = await startBroker({ dataDir, threads: 'inline' })
  await onDisk.stop()
  assert.ok(existsSync(join(dataDir, 'storage')))
  assert.ok(!existsSync(join(dataDir, 'storage-memory')))
  const inMemory = await startBroker({
    dataDir,
    threads: 'inline',
    config: 'durability.mode = memory',
  })
  await inMemory.stop()
  assert.ok(existsSync(join(dataDir, 'storage-memory')))
})

test('node.shards is the number of shards', async (context) => {
  const broker = await start(context, { shards: 3 })
  assert.equal(broker.metrics.length, 3)
})

test('above durability.max_pending_bytes what has to be stored is refused', async (context) => {
  const free = await start(context, {})
  const tight = await start(context, { config: 'durability.max_pending_bytes = 64KB' })
  const codesOf = async (broker: TestBroker) =>
    publishMany(await connect(context, broker), 'kept', 30)
  assert.deepEqual([...(await codesOf(free))], [0])
  assert.ok((await codesOf(tight)).has(QUOTA_EXCEEDED))
})

test('above durability.max_store_bytes what has to be stored is refused', async (context) => {
  const broker = await start(context, { config: 'durability.max_store_bytes = 16MB' })
  const client = await connect(context, broker)
  assert.deepEqual([...(await publishMany(client, 'small', 10))], [0])
  const codes = new Set<number>()
  for (let round = 0; round < 10; round++) {
    for (const code of await publishMany(client, `large/${round}`, 10)) codes.add(code)
  }
  assert.ok(codes.has(QUOTA_EXCEEDED))
})
