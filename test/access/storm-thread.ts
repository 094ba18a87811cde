/** A thread that connects again and again with wrong passwords, at a rate. */
import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { encodeConnect } from '#codec/mqtt/connect.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'

/** What the thread is told. */
export interface StormOrder {
  readonly port: number
  readonly perSecond: number
  /** Different user names; each client has its own. */
  readonly users: number
}

/** What it tells, once a second. */
export interface StormReport {
  readonly refused: number
  readonly failed: number
}

/** Above what waits in the queues of the broker, which would hold the storm up. */
const OPEN_MAX = 4_000
const STEP_MS = 5

const { port, perSecond, users } = workerData as StormOrder
let open = 0
let refused = 0
let failed = 0
let due = 0
let next = 0

function connectBytes(name: string): Buffer {
  const writer = new ByteWriter(128)
  encodeConnect(writer, {
    protocolName: 'MQTT',
    version: ProtocolVersion.V5,
    bridge: false,
    cleanStart: true,
    keepAliveSeconds: 60,
    clientId: name,
    username: name,
    password: Buffer.from('wrong'),
    properties: {},
  })
  return Buffer.from(writer.bytes.subarray(0, writer.offset))
}

const packets = Array.from({ length: users }, (_, user) => connectBytes(`user-${user}`))

function attempt(packet: Buffer): void {
  open++
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let isAnswered = false
  socket.on('connect', () => socket.write(packet))
  socket.on('data', () => {
    isAnswered = true
    socket.resetAndDestroy() // No TIME_WAIT: ports must not run out.
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    open--
    if (isAnswered) refused++
    else failed++
  })
}

setInterval(() => {
  due = Math.min(due + (perSecond * STEP_MS) / 1000, perSecond)
  while (due >= 1 && open < OPEN_MAX) {
    due--
    attempt(packets[next++ % packets.length] ?? Buffer.alloc(0))
  }
}, STEP_MS)
setInterval(() => {
  parentPort?.postMessage({ refused, failed } satisfies StormReport)
  refused = 0
  failed = 0
}, 1000)
