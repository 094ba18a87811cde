import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { readServerPackets } from '../support/server-packets.ts'
import { BrokerProcess, makeFolder } from './support/broker-process.ts'
import { LoadClient } from './support/load-client.ts'
import { connectBytes } from './support/packets.ts'
import { ALL_TRANSPORTS, RawConnection, TRANSPORTS } from './support/raw-connection.ts'

const { V5, V311 } = ProtocolVersion
const STOP_LIMIT_MS = 30_000
const MESSAGES_MIN = 200

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} tells every client that the server goes, and ends with 0`, async (context) => {
    const dataDir = join(makeFolder(context), 'data')
    const broker = await BrokerProcess.start({ dataDir, shards: 2, config: ALL_TRANSPORTS })
    const clients = await Promise.all(
      TRANSPORTS.flatMap((transport) =>
        [V311, V5].map(async (version) => {
          const connection = await RawConnection.open(broker, transport)
          connection.send(connectBytes(`${transport}-${version}`, version))
          await connection.until((received) => received.length > 0)
          return { connection, version }
        }),
      ),
    )
    const startedMs = performance.now()
    assert.deepEqual(await broker.stop(signal), { code: 0, signal: null })
    assert.ok(performance.now() - startedMs < STOP_LIMIT_MS)
    for (const { connection, version } of clients) {
      await connection.ended
      const { packets, rest } = readServerPackets(connection.received, version)
      assert.equal(rest.length, 0)
      const types = packets.map(({ type }) => type)
      if (version === V311) assert.deepEqual(types, [PacketType.CONNACK])
      else {
        assert.deepEqual(types, [PacketType.CONNACK, PacketType.DISCONNECT])
        assert.equal(packets[1]?.reason, ReasonCode.SERVER_SHUTTING_DOWN)
      }
    }
  })
}

test('what was acknowledged before or during a stop is there afterwards', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const options = { dataDir, shards: 2 }
  const broker = await BrokerProcess.start(options)
  const away = new LoadClient({ clientId: 'away', clean: false })
  await away.connect(broker.port())
  await away.subscribe('kept', 1)
  away.drop()
  const publisher = new LoadClient({ clientId: 'publisher', window: 50 })
  await publisher.connect(broker.port())
  const acked = new Set<number>()
  let sent = 0
  const closed = new Promise<void>((resolve) => {
    publisher.onClosed = () => resolve()
  })
  const enough = new Promise<void>((resolve) => {
    publisher.onAcked = ({ payload }) => {
      acked.add(payload.readUInt32BE())
      if (acked.size === MESSAGES_MIN) resolve()
    }
  })
  const fill = (): void => {
    while (publisher.room > 0) {
      const payload = Buffer.alloc(100)
      payload.writeUInt32BE(++sent)
      publisher.publish('kept', payload, 1)
    }
  }
  publisher.onRoom = fill
  fill()
  await enough
  const ended = broker.stop()
  await closed
  assert.deepEqual(await ended, { code: 0, signal: null })
  publisher.drop()

  const again = await BrokerProcess.start(options)
  const found = new Set<number>()
  const complete = new Promise<void>((resolve) => {
    away.onMessage = ({ payload }) => {
      found.add(payload.readUInt32BE())
      if ([...acked].every((number) => found.has(number))) resolve()
    }
  })
  await away.connect(again.port())
  await complete
})

test('a second signal ends a stop that takes its time', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, config: 'log.console.level = info' })
  // Somebody who does not read keeps the last words waiting.
  const lazy = new LoadClient({ clientId: 'lazy' })
  const publisher = new LoadClient({ clientId: 'publisher' })
  for (const client of [lazy, publisher]) await client.connect(broker.port())
  await lazy.subscribe('t', 0)
  lazy.stopReading()
  for (let count = 0; count < 100; count++) publisher.publish('t', Buffer.alloc(100_000), 0)
  await publisher.ping()
  broker.signal('SIGTERM')
  await broker.waitForOutput('msg: stopping')
  broker.signal('SIGINT')
  assert.deepEqual(await broker.ended, { code: 1, signal: null })
  lazy.drop()
  publisher.drop()
})

test('a signal during the start ends it, and the next start is as any other', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const options = { dataDir, shards: 2, config: 'log.console.level = info' }
  const broker = BrokerProcess.spawn(options)
  await broker.waitForOutput('storage_ready')
  assert.deepEqual(await broker.stop(), { code: 0, signal: null }, broker.output)
  const again = await BrokerProcess.start(options)
  assert.deepEqual(await again.stop(), { code: 0, signal: null })
})

test('a data directory that cannot be used is named, with what is wrong', async (context) => {
  const folder = makeFolder(context)
  const isFile = join(folder, 'a-file')
  writeFileSync(isFile, '')
  const below = BrokerProcess.spawn({ dataDir: join(isFile, '..', 'a-file') })
  const { code } = await below.ended
  assert.equal(code, 74, below.output)
  assert.ok(below.output.includes(`the data directory ${isFile} cannot be used`), below.output)
  // Whoever may do everything is not stopped by permissions.
  if (process.getuid?.() === 0) return
  const locked = join(folder, 'locked')
  mkdirSync(locked)
  chmodSync(locked, 0o500)
  const broker = BrokerProcess.spawn({ dataDir: locked })
  assert.equal((await broker.ended).code, 74, broker.output)
  assert.match(broker.output, /locked cannot be used: .*(EACCES|unable to open)/)
})
