import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { bytesOf, type Golden } from '../../golden/mqtt/golden.ts'
import { GOLDEN_PACKETS } from '../../golden/mqtt/table.ts'
import { readServerPackets } from '../../support/server-packets.ts'
import { TELLS_NUMBERS, untilNumber } from '../support/broker-numbers.ts'
import { BrokerProcess, makeFolder } from '../support/broker-process.ts'
import { CalmClient } from '../support/calm-client.ts'
import { connectBytes } from '../support/packets.ts'
import {
  ALL_TRANSPORTS,
  RawConnection,
  type Transport,
  TRANSPORTS,
} from '../support/raw-connection.ts'

const { V5, V311 } = ProtocolVersion
const PACKET_BYTES_MAX = 10_000
const CONFIG = `
  ${ALL_TRANSPORTS}
  ${TELLS_NUMBERS}
  mqtt.max_packet_size = ${PACKET_BYTES_MAX}B
`
const AT_A_TIME = 20
const CLOSED_WITHIN_MS = 30_000
/** Of others; this process keeps the machine busy itself. */
const LATENCY_MS_MAX = 10_000

/** What a client sends once it is connected, and the code it gets for that. */
interface Offence {
  readonly name: string
  readonly version: ProtocolVersion
  readonly bytes: Buffer
  readonly reason: number
}

/** Bad enough to be closed; a payload of the wrong format may be refused by an acknowledgement. */
function isBad({ from, reason }: Golden): boolean {
  const isRefusedOnly = reason === ReasonCode.PAYLOAD_FORMAT_INVALID
  return from === 'client' && reason !== undefined && !isRefusedOnly
}

function isConnect(bytes: Buffer): boolean {
  return (bytes[0] ?? 0) >> 4 === PacketType.CONNECT
}

/** A fixed header that promises more than allowed, and the beginning of that. */
function oversized(): Buffer {
  return Buffer.concat([Buffer.from('30ffff7f', 'hex'), Buffer.alloc(2_000)])
}

function after(version: ProtocolVersion, name: string, notation: string, reason: number): Offence {
  return { name, version, bytes: bytesOf(notation), reason }
}

const { MALFORMED_PACKET, PROTOCOL_ERROR, PACKET_TOO_LARGE } = ReasonCode
const OFFENCES: readonly Offence[] = [
  ...GOLDEN_PACKETS.filter((packet) => isBad(packet) && !isConnect(packet.bytes)).map(
    ({ name, version, bytes, reason = 0 }) => ({ name, version, bytes, reason }),
  ),
  ...[V311, V5].flatMap((version): Offence[] => [
    { name: 'oversized', version, bytes: oversized(), reason: PACKET_TOO_LARGE },
    { name: 'CONNECT again', version, bytes: connectBytes('x', version), reason: PROTOCOL_ERROR },
    after(version, 'what only servers send', '20 @ 00 00', PROTOCOL_ERROR),
    after(version, 'a type that does not exist', '00 00', MALFORMED_PACKET),
    after(version, 'a length of five bytes', '30 ff ff ff ff 01', MALFORMED_PACKET),
  ]),
]

let clients = 0

/** Connects, waits for CONNACK, offends, and reads until the broker has closed. */
async function offend(broker: BrokerProcess, transport: Transport, offence: Offence) {
  const { name, version, bytes, reason } = offence
  const connection = await RawConnection.open(broker, transport)
  connection.send(connectBytes(`offender-${clients++}`, version))
  await connection.until((received) => received.length > 3)
  connection.send(bytes)
  const label = `${transport}, version ${version}, ${name}`
  await endOf(connection, label)
  const { packets, rest } = readServerPackets(connection.received, version)
  assert.equal(rest.length, 0, label)
  assert.equal(packets[0]?.type, PacketType.CONNACK, label)
  const last = packets.at(-1)
  if (version !== V5) assert.equal(packets.length, 1, `${label}: closed without a word`)
  else assert.deepEqual([last?.type, last?.reason], [PacketType.DISCONNECT, reason], label)
}

/** Waits for the end of a connection, and says of which if it does not come. */
async function endOf(connection: RawConnection, label: string): Promise<void> {
  const timer = setTimeout(() => connection.destroy(), CLOSED_WITHIN_MS)
  const startedMs = performance.now()
  await connection.ended
  clearTimeout(timer)
  assert.ok(performance.now() - startedMs < CLOSED_WITHIN_MS, `${label}: it stays open`)
}

async function inTurns(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  for (let at = 0; at < tasks.length; at += AT_A_TIME) {
    await Promise.all(tasks.slice(at, at + AT_A_TIME).map((task) => task()))
  }
}

test('broken packets get their code over every transport, and harm nobody', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config: CONFIG })
  const calm = await CalmClient.start(broker)
  for (const transport of TRANSPORTS) {
    await inTurns(OFFENCES.map((offence) => () => offend(broker, transport, offence)))
  }
  const slowestMs = await calm.stop()
  assert.ok(slowestMs < LATENCY_MS_MAX, `others waited ${slowestMs} ms`)
  await untilNumber(broker, 'stats/live_connections/count', (count) => count === 1)
})

test('broken CONNECTs are refused over every transport', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config: CONFIG })
  const broken = GOLDEN_PACKETS.filter((packet) => isBad(packet) && isConnect(packet.bytes))
  for (const transport of TRANSPORTS) {
    await inTurns(
      broken.map(({ name, version, bytes, reason }) => async () => {
        const connection = await RawConnection.open(broker, transport)
        connection.send(bytes)
        await endOf(connection, `${transport}, version ${version}, ${name}`)
        // The answer is in the version that the CONNECT names, if it names one.
        const [type, length, , code] = connection.received
        if (type === undefined) return
        assert.equal(type, PacketType.CONNACK << 4, name)
        assert.equal(connection.received.length, 2 + (length ?? 0), `${name}: nothing follows`)
        if (length === 2) assert.ok(code !== 0, name)
        else assert.equal(code, reason, name)
      }),
    )
  }
  // The first packet is something else.
  for (const transport of TRANSPORTS) {
    const connection = await RawConnection.open(broker, transport)
    connection.send(bytesOf('30 @ s"t" "not yet"'))
    await connection.ended
    assert.equal(connection.received.length, 0)
  }
})

test('a packet whose end never comes is forgotten with its connection', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, shards: 2, config: CONFIG })
  const calm = await CalmClient.start(broker)
  const handlesBefore = broker.openFiles()
  for (const transport of TRANSPORTS) {
    const halves = await Promise.all(
      Array.from({ length: 25 }, async (_, index) => {
        const connection = await RawConnection.open(broker, transport)
        connection.send(connectBytes(`half-${transport}-${index}`))
        await connection.until((received) => received.length > 0)
        connection.send(Buffer.concat([Buffer.from('30904e', 'hex'), Buffer.alloc(9_000)]))
        return connection
      }),
    )
    for (const connection of halves) connection.destroy()
  }
  await calm.stop()
  await untilNumber(broker, 'stats/live_connections/count', (count) => count === 1)
  await broker.untilOpenFiles(handlesBefore)
})
