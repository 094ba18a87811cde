import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { BrokerProcess } from './support/broker-process.ts'
import { LoadClient } from './support/load-client.ts'
import { makeSmallDisk } from './support/small-disk.ts'

const { QUOTA_EXCEEDED } = ReasonCode
const PAYLOAD_BYTES = 20_000
/** More than fit. */
const MESSAGES_MAX = 5_000
/** Three times as many bytes as the memory may grow by. */
const FLOOD_MESSAGES = 5_000
const HEAL_LIMIT_MS = 60_000
const IDLE_MS = 1_000
const CONFIG = `
  mqtt.max_mqueue_len = infinity
  log.console.level = info
`

/** Publishes to a session that is away until the broker refuses; gives the numbers it took. */
async function publishUntilFull(publisher: LoadClient): Promise<number[]> {
  const taken: number[] = []
  let isFull = false
  publisher.onAcked = ({ payload }, reason) => {
    if (reason < 0x80) taken.push(payload.readUInt32BE())
    else {
      assert.equal(reason, QUOTA_EXCEEDED)
      isFull = true
    }
  }
  for (let number = 1; !isFull; number++) {
    assert.ok(number < MESSAGES_MAX, 'it refuses in the end')
    if (publisher.room === 0) {
      await new Promise<void>((resolve) => {
        publisher.onRoom = resolve
      })
    }
    publisher.publish('kept', numbered(number), 1)
  }
  while (publisher.unacknowledged > 0) await publisher.ping()
  return taken
}

function numbered(number: number): Buffer {
  const payload = Buffer.alloc(PAYLOAD_BYTES)
  payload.writeUInt32BE(number)
  return payload
}

async function publishOnce(client: LoadClient, topic: string): Promise<number> {
  return new Promise((resolve, reject) => {
    client.onAcked = (_publish, reason) => resolve(reason)
    client.onClosed = () => reject(new Error('closed'))
    client.publish(topic, Buffer.from('one'), 1)
  })
}

/** A client that keeps nothing sees its messages come back, while the disk stays full. */
async function checkTransientTraffic(port: number, qos: 0 | 1): Promise<void> {
  const client = new LoadClient({ clientId: `transient-${qos}` })
  await client.connect(port)
  assert.deepEqual(await client.subscribe('passing', qos), [qos])
  await new Promise<void>((resolve, reject) => {
    client.onMessage = () => resolve()
    client.onAcked = (_publish, reason) => reason >= 0x80 && reject(new Error(`${reason}`))
    client.publish('passing', Buffer.from('by'), qos)
  })
  client.leave()
}

async function checkRefusals(port: number, shards: number): Promise<void> {
  const kept = new LoadClient({ clientId: 'wants-to-stay', clean: false })
  const welcome = await kept.connect(port)
  // A sibling of the shard that met the end of the disk may still find room for so little.
  if (shards === 1) assert.equal(welcome.reason, QUOTA_EXCEEDED, 'no new session is promised')
  const old = new LoadClient({ clientId: 'old', version: ProtocolVersion.V311 })
  await old.connect(port)
  old.onAcked = () => assert.fail('what cannot be stored is not acknowledged')
  const closed = new Promise<void>((resolve) => {
    old.onClosed = () => resolve()
  })
  old.publish('kept', Buffer.from('of a client that knows no refusal'), 1)
  await closed
}

/** Nothing that is refused, or need not be kept, gathers in memory meanwhile. */
async function checkMemory(broker: BrokerProcess, publisher: LoadClient): Promise<void> {
  const beforeBytes = broker.residentBytes()
  publisher.onAcked = () => {}
  for (let count = 0; count < FLOOD_MESSAGES; count++) {
    publisher.publish('kept', numbered(count), 0)
    publisher.publish('kept', numbered(count), 0, true)
    if (publisher.room > 0) publisher.publish('kept', numbered(count), 1)
    if (count % 50 === 0) await publisher.ping()
  }
  await publisher.ping()
  const grownBytes = broker.residentBytes() - beforeBytes
  // Three times the flood came in: two are garbage that was not collected yet at the worst.
  assert.ok(grownBytes < 2 * FLOOD_MESSAGES * PAYLOAD_BYTES, `${grownBytes} bytes more`)
}

async function checkIdle(broker: BrokerProcess): Promise<void> {
  const beforeMs = broker.processorMs()
  await pause(IDLE_MS)
  const usedMs = broker.processorMs() - beforeMs
  assert.ok(usedMs < IDLE_MS / 2, `a full disk keeps the processor busy: ${usedMs} ms`)
}

async function waitUntilHealed(port: number): Promise<void> {
  const endsAtMs = performance.now() + HEAL_LIMIT_MS
  const publisher = new LoadClient({ clientId: 'again' })
  await publisher.connect(port)
  while ((await publishOnce(publisher, 'kept')) >= 0x80) {
    assert.ok(performance.now() < endsAtMs, 'it recovers by itself')
    await pause(100)
  }
  publisher.leave()
}

/** Every shard that wrote that it cannot store has written that it can again. */
async function waitUntilAllRecovered(broker: BrokerProcess): Promise<void> {
  const endsAtMs = performance.now() + HEAL_LIMIT_MS
  const count = (text: string): number => broker.output.split(text).length - 1
  while (count('storage_recovered') < count('state: full, was: ok')) {
    assert.ok(performance.now() < endsAtMs, broker.output)
    await pause(50)
  }
}

async function runOn(context: TestContext, shards: number): Promise<void> {
  const disk = makeSmallDisk(context)
  const broker = await disk.start({ shards, config: CONFIG })
  const port = broker.port()
  const away = new LoadClient({ clientId: 'away', clean: false })
  await away.connect(port)
  await away.subscribe('kept', 1)
  away.drop()
  const publisher = new LoadClient({ clientId: 'publisher' })
  await publisher.connect(port)

  const taken = await publishUntilFull(publisher)
  assert.ok(taken.length > 100, 'there was some room')
  await broker.waitForOutput('state: full')
  assert.match(broker.output, /state: full, .*free disk space/)
  await checkTransientTraffic(port, 0)
  await checkTransientTraffic(port, 1)
  await checkRefusals(port, shards)
  await checkMemory(broker, publisher)
  await checkIdle(broker)
  assert.equal(await publishOnce(publisher, 'kept'), QUOTA_EXCEEDED, 'it is still full')

  disk.makeRoom(broker)
  await waitUntilHealed(port)
  await waitUntilAllRecovered(broker)
  const found = new Set<number>()
  const complete = new Promise<void>((resolve) => {
    away.onMessage = ({ payload }) => {
      found.add(payload.length === PAYLOAD_BYTES ? payload.readUInt32BE() : 0)
      if (taken.every((number) => found.has(number))) resolve()
    }
  })
  assert.equal((await away.connect(port)).sessionPresent, true)
  await complete
  const ended = broker.stop()
  assert.deepEqual(await ended, { code: 0, signal: null })
}

for (const shards of [1, 2]) {
  const name = `with ${shards} shards a full disk refuses what must be kept, and heals`
  test(name, { timeout: 180_000 }, (context) => runOn(context, shards))
}
