import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { BrokerProcess, makeFolder } from '../support/broker-process.ts'
import { LoadClient } from '../support/load-client.ts'

const PAYLOAD = Buffer.alloc(10_000, 'x')
/** 300 MB for somebody who reads nothing. */
const FLOOD_MESSAGES = 30_000
/** Garbage of the flood, and files of the REST API that are loaded after the start. */
const MEMORY_GROWTH_MAX = 230_000_000
const QUEUE_MESSAGES = 50
/** Messages that the publisher is ahead of the good reader. */
const AHEAD_MAX = 16
const CONFIG = `
  mqtt.max_outbox_bytes = 1MB
  mqtt.max_mqueue_len = ${QUEUE_MESSAGES}
  listeners.tcp.default.tcp_options.send_timeout = 2s
  log.console.level = debug
`

/** Waits until the receive maximum of the broker allows one more publish. */
async function roomOf(publisher: LoadClient): Promise<void> {
  if (publisher.room > 0) return
  await new Promise<void>((resolve) => {
    publisher.onRoom = resolve
  })
}

/** Publishes as fast as the good reader reads. */
async function flood(publisher: LoadClient, reader: LoadClient, qos: 0 | 1): Promise<void> {
  let heard = 0
  let wake = (): void => {}
  reader.onMessage = () => {
    heard++
    wake()
  }
  const until = async (count: number): Promise<void> => {
    while (heard < count) await new Promise<void>((resolve) => (wake = resolve))
  }
  for (let sent = 1; sent <= FLOOD_MESSAGES; sent++) {
    if (sent - heard > AHEAD_MAX) await until(sent - AHEAD_MAX / 2)
    if (qos === 1) await roomOf(publisher)
    publisher.publish('flood', PAYLOAD, qos)
  }
  await until(FLOOD_MESSAGES)
}

for (const qos of [0, 1] as const) {
  test(`whoever never reads QoS ${qos} costs others nothing and is closed`, async (context) => {
    const dataDir = join(makeFolder(context), 'data')
    const broker = await BrokerProcess.start({ dataDir, shards: 2, config: CONFIG })
    const [lazy, reader, publisher] = ['lazy', 'reader', 'publisher'].map(
      (clientId) => new LoadClient({ clientId }),
    ) as [LoadClient, LoadClient, LoadClient]
    for (const client of [lazy, reader, publisher]) await client.connect(broker.port())
    await lazy.subscribe('flood', qos)
    await reader.subscribe('flood', qos)
    lazy.stopReading()
    const bytesBefore = broker.residentBytes()
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, broker.residentBytes())), 50)
    await flood(publisher, reader, qos)
    clearInterval(watch)
    const grownBytes = most - bytesBefore
    assert.ok(grownBytes < MEMORY_GROWTH_MAX, `${grownBytes} bytes more`)
    await broker.waitForOutput('connection_closed_by_listener')
    assert.match(broker.output, /listener: tcp:default, reason: send_timeout/)
    await publisher.ping()
    assert.equal(reader.isConnected, true)
    lazy.drop()
  })
}

test('a stored session keeps what its reader did not read, up to its limit', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const config = `${CONFIG}\n mqtt.max_inflight = 10`
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config })
  const lazy = new LoadClient({ clientId: 'lazy', clean: false })
  const publisher = new LoadClient({ clientId: 'publisher' })
  for (const client of [lazy, publisher]) await client.connect(broker.port())
  await lazy.subscribe('kept', 1)
  lazy.stopReading()
  const last = 500
  for (let number = 1; number <= last; number++) {
    const payload = Buffer.alloc(PAYLOAD.length)
    payload.writeUInt32BE(number)
    await roomOf(publisher)
    publisher.publish('kept', payload, 1)
  }
  while (publisher.unacknowledged > 0) await publisher.ping()
  lazy.drop()
  const numbers: number[] = []
  const complete = new Promise<void>((resolve) => {
    lazy.onMessage = ({ payload }) => {
      const number = payload.readUInt32BE()
      if (numbers.at(-1) !== number) numbers.push(number)
      if (number === last) resolve()
    }
  })
  await lazy.connect(broker.port())
  await complete
  const newest = Array.from({ length: QUEUE_MESSAGES }, (_, index) => last - index).toReversed()
  assert.deepEqual(numbers.slice(-QUEUE_MESSAGES), newest, 'the newest, in order')
  assert.ok(numbers.length <= QUEUE_MESSAGES + 10, 'and what was in flight')
})
