import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { BrokerProcess, makeFolder } from '../support/broker-process.ts'
import { CalmClient } from '../support/calm-client.ts'
import { connectBytes } from '../support/packets.ts'
import { ALL_TRANSPORTS, RawConnection, type Transport } from '../support/raw-connection.ts'

const LIMIT_MS = 1_000
const CONFIG = `
  ${ALL_TRANSPORTS}
  mqtt.idle_timeout = ${LIMIT_MS}ms
  listeners.ssl.default.ssl_options.handshake_timeout = ${LIMIT_MS}ms
  listeners.wss.default.ssl_options.handshake_timeout = ${LIMIT_MS}ms
`
/** A busy machine is late, but not as late as the limits are by default; nobody is closed early. */
const LATE_MS = 10_000
const EARLY_MS = LIMIT_MS * 0.8
/** TLS and the upgrade each have a limit of their own before CONNECT has its. */
const STAGES_MAX = 3
const DRIP_MS = 150
/** How a TLS handshake begins: record and length, and then nothing of what it promises. */
const HALF_HELLO = Buffer.from('160301020001000', 'hex')
const HALF_REQUEST = Buffer.from('GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n')

/** Opens a connection, says something too slowly or not at all. */
type Offence = (broker: BrokerProcess) => Promise<RawConnection>

function silentAtFirst(transport: Transport, said: Buffer): Offence {
  return async (broker) => {
    const connection = await RawConnection.dial(broker, transport)
    if (said.length > 0) connection.send(said)
    return connection
  }
}

function silentAfterHandshakes(transport: Transport, said: Buffer): Offence {
  return async (broker) => {
    const connection = await RawConnection.open(broker, transport)
    if (said.length > 0) connection.send(said)
    return connection
  }
}

function dripping(transport: Transport, bytes: Buffer): Offence {
  return async (broker) => {
    const connection = await RawConnection.dial(broker, transport)
    void (async () => {
      for (let at = 0; at < bytes.length && !connection.isEnded; at++) {
        connection.send(bytes.subarray(at, at + 1))
        await pause(DRIP_MS)
      }
    })()
    return connection
  }
}

const NOTHING = Buffer.alloc(0)
const CONNECT = connectBytes('loris-with-a-long-name-to-drip')
const HALF_CONNECT = CONNECT.subarray(0, 10)

const OFFENCES: Readonly<Record<string, Offence>> = {
  'tcp: connects and says nothing': silentAtFirst('tcp', NOTHING),
  'tcp: half a CONNECT': silentAtFirst('tcp', HALF_CONNECT),
  'tcp: a CONNECT byte by byte': dripping('tcp', CONNECT),
  'ssl: no handshake': silentAtFirst('ssl', NOTHING),
  'ssl: half a handshake': silentAtFirst('ssl', HALF_HELLO),
  'ssl: no CONNECT': silentAfterHandshakes('ssl', NOTHING),
  'ssl: half a CONNECT': silentAfterHandshakes('ssl', HALF_CONNECT),
  'ws: no request': silentAtFirst('ws', NOTHING),
  'ws: half a request': silentAtFirst('ws', HALF_REQUEST),
  'ws: a request byte by byte': dripping('ws', HALF_REQUEST),
  'ws: no CONNECT': silentAfterHandshakes('ws', NOTHING),
  'ws: half a CONNECT': silentAfterHandshakes('ws', HALF_CONNECT),
  'wss: no handshake': silentAtFirst('wss', NOTHING),
  'wss: half a handshake': silentAtFirst('wss', HALF_HELLO),
  'wss: no CONNECT': silentAfterHandshakes('wss', NOTHING),
}

test('whoever takes too long to connect is closed, and keeps nobody waiting', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config: CONFIG })
  const handlesBefore = broker.openFiles()
  const calm = await CalmClient.start(broker)
  await Promise.all(
    Object.entries(OFFENCES).map(async ([name, offend]) => {
      const startedMs = performance.now()
      const connection = await offend(broker)
      await connection.ended
      const tookMs = performance.now() - startedMs
      assert.ok(tookMs >= EARLY_MS, `${name}: closed after ${tookMs} ms`)
      assert.ok(tookMs <= STAGES_MAX * LIMIT_MS + LATE_MS, `${name}: closed after ${tookMs} ms`)
    }),
  )
  const slowestMs = await calm.stop()
  assert.ok(slowestMs < 10 * LIMIT_MS, `others waited ${slowestMs} ms`)
  await broker.untilOpenFiles(handlesBefore)
  assert.equal(broker.hasEnded, false)
})
