import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { BrokerProcess, makeFolder } from '../support/broker-process.ts'
import { TELLS_NUMBERS, untilNumber } from '../support/broker-numbers.ts'
import { CalmClient } from '../support/calm-client.ts'
import { connectBytes } from '../support/packets.ts'
import { ALL_TRANSPORTS, RawConnection, TRANSPORTS } from '../support/raw-connection.ts'

const { V5, V311 } = ProtocolVersion
const KEEP_ALIVE_SECONDS = 1
const KEEP_ALIVE_MS = 1_500
const LATE_MS = 30_000
const CONFIG = `
  ${ALL_TRANSPORTS}
  ${TELLS_NUMBERS}
`
const PINGREQ = Buffer.from('c000', 'hex')
const PING_MS = 400
const DISCONNECT = PacketType.DISCONNECT << 4

test('a silent client is closed after one and a half keep alives', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config: CONFIG })
  const calm = await CalmClient.start(broker)
  const alive = await RawConnection.open(broker, 'tcp')
  alive.send(connectBytes('alive', V5, KEEP_ALIVE_SECONDS))
  const beat = setInterval(() => alive.send(PINGREQ), PING_MS)
  context.after(() => clearInterval(beat))
  await Promise.all(
    TRANSPORTS.flatMap((transport) =>
      [V311, V5].map(async (version) => {
        const name = `${transport} ${version}`
        const silent = await RawConnection.open(broker, transport)
        silent.send(connectBytes(name, version, KEEP_ALIVE_SECONDS))
        await silent.until((received) => received.length > 0)
        const startedMs = performance.now()
        await silent.ended
        const tookMs = performance.now() - startedMs
        assert.ok(tookMs > KEEP_ALIVE_MS * 0.8, `${name}: closed after ${tookMs} ms`)
        assert.ok(tookMs < KEEP_ALIVE_MS + LATE_MS, `${name}: closed after ${tookMs} ms`)
        // Behind CONNACK, which has a second byte.
        const goodbye = silent.received.subarray(2 + silent.received[1]!)
        if (version === V311) assert.equal(goodbye.length, 0, `${name}: ${goodbye.toString('hex')}`)
        else assert.deepEqual([goodbye[0], goodbye[2]], [DISCONNECT, ReasonCode.KEEP_ALIVE_TIMEOUT])
      }),
    ),
  )
  assert.equal(alive.isEnded, false, 'who pings stays')
  const slowestMs = await calm.stop()
  assert.ok(slowestMs < 10_000, `others waited ${slowestMs} ms`)
})

test('a client that closes its half of the connection is gone', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config: CONFIG })
  const handlesBefore = broker.openFiles()
  for (let count = 0; count < 50; count++) {
    const half = await RawConnection.dial(broker, 'tcp')
    if (count % 3 > 0) half.send(connectBytes(`half-${count}`))
    if (count % 3 === 2) await half.until((received) => received.length > 0)
    half.socket.end()
    await half.ended
  }
  await untilNumber(broker, 'stats/live_connections/count', (count) => count === 1)
  await broker.untilOpenFiles(handlesBefore)
})

test('a connection that is reset before it is accepted leaves nothing behind', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const config = `${CONFIG}\n log.console.level = debug`
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config })
  const handlesBefore = broker.openFiles()
  broker.signal('SIGSTOP')
  for (const transport of [...TRANSPORTS, ...TRANSPORTS, ...TRANSPORTS]) {
    const connection = await RawConnection.dial(broker, transport)
    connection.send(connectBytes('early'))
    connection.reset()
    await connection.ended
  }
  broker.signal('SIGCONT')
  await broker.waitForOutput('connection_gone_before_accept')
  await untilNumber(broker, 'stats/live_connections/count', (count) => count === 1)
  await broker.untilOpenFiles(handlesBefore)
})

test('a connection that is reset, at whatever point, leaves nothing behind', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const config = `${CONFIG}\n log.console.level = debug`
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config })
  const handlesBefore = broker.openFiles()
  for (let count = 0; count < 40; count++) {
    for (const transport of TRANSPORTS) {
      const open = count % 4 === 0 ? RawConnection.dial : RawConnection.open
      const connection = await open(broker, transport)
      if (count % 4 > 1) connection.send(connectBytes(`reset-${transport}-${count}`))
      if (count % 4 === 3) await connection.until((received) => received.length > 0)
      connection.reset()
      await connection.ended
    }
  }
  await untilNumber(broker, 'stats/live_connections/count', (count) => count === 1)
  await broker.untilOpenFiles(handlesBefore)
  assert.match(broker.output, /msg: connection_closed, .*reason: tcp_error, detail: ECONNRESET/)
  assert.doesNotMatch(broker.output, /internal_error/)
})
