import { ByteWriter } from '#kernel/byte-writer.ts'
import { AckView, decodeAck, encodeAck } from './ack.ts'
import { isFailure } from './decode-failure.ts'
import { Frame, FrameStatus, readFrame } from './frame.ts'
import { PacketType } from './packet-type.ts'
import { ProtocolVersion } from './protocol-version.ts'
import {
  PublishView,
  decodePublish,
  encodePublish,
  encodePublishHead,
  encodePublishProperties,
  forwardableProperties,
  publishFirstByte,
} from './publish.ts'
import { decodeConnect, encodeConnect } from './connect.ts'
import { validateTopicName } from './topic.ts'
import { decodeUtf8, isMqttUtf8 } from './utf8.ts'

// Run: node src/codec/mqtt/codec.bench.ts [part of a name]
// Prints nanoseconds per operation, the best of several rounds, and millions per second.

const ROUNDS = 7
const ROUND_MS = 120
const { V311, V5 } = ProtocolVersion
const NONE = Buffer.alloc(0)

const topic = Buffer.from('site/7/line/3/temperature')
const payload128 = Buffer.alloc(128, 'x')
const userProps = encodePublishProperties({
  userProperties: [
    ['trace-id', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['source', 'gateway-17'],
  ],
})
const aliasProps = encodePublishProperties({
  messageExpiryIntervalSeconds: 60,
  topicAlias: 3,
  userProperties: [['source', 'gateway-17']],
})

function packet(version: ProtocolVersion, qos: number, props: Buffer, payload: Buffer): Buffer {
  const w = new ByteWriter(16)
  const first = publishFirstByte(qos, false, false)
  encodePublish(w, version, first, topic, 7, props, -1, 0, undefined, payload)
  return Buffer.from(w.bytes.subarray(0, w.offset))
}

function written(write: (w: ByteWriter) => void): Buffer {
  const w = new ByteWriter(256)
  write(w)
  return Buffer.from(w.bytes.subarray(0, w.offset))
}

/** Results are added up here, as a 32-bit number, so that no call can be optimised away. */
let sink = 0

function measure(name: string, operation: () => void): void {
  const wanted = process.argv[2]
  if (wanted !== undefined && !name.includes(wanted)) return
  let count = 1000
  let best = Infinity
  for (let round = 0; round < ROUNDS;) {
    const start = performance.now()
    for (let i = 0; i < count; i++) operation()
    const elapsedMs = performance.now() - start
    if (elapsedMs < ROUND_MS / 2) {
      count *= 2
      continue
    }
    best = Math.min(best, (elapsedMs * 1e6) / count)
    round++
  }
  const rate = (1000 / best).toFixed(1)
  console.log(`${name.padEnd(44)} ${best.toFixed(1).padStart(8)} ns ${rate.padStart(8)} M/s`)
}

const view = new PublishView()
const frame = new Frame()

function decodeBench(name: string, bytes: Buffer, version: ProtocolVersion): void {
  measure(name, () => {
    const status = readFrame(bytes, 0, bytes.length, 1_000_000, frame)
    const { flags, bodyStart, bodyEnd } = frame
    const failure = decodePublish(bytes, flags, bodyStart, bodyEnd, version, view)
    if (status !== FrameStatus.OK || failure !== undefined) throw new Error(name)
    sink = (sink + view.payloadStart) | 0
  })
}

decodeBench('decodePublish 3.1.1 QoS 0, 128 B', packet(V311, 0, NONE, payload128), V311)
decodeBench('decodePublish 3.1.1 QoS 1, 128 B', packet(V311, 1, NONE, payload128), V311)
decodeBench('decodePublish 5 QoS 1, 128 B', packet(V5, 1, NONE, payload128), V5)
decodeBench('decodePublish 5 QoS 1, 2 user properties', packet(V5, 1, userProps, payload128), V5)
decodeBench('decodePublish 5 QoS 1, alias and expiry', packet(V5, 1, aliasProps, payload128), V5)

const withAlias = packet(V5, 1, aliasProps, payload128)
measure('decodePublish + forwardableProperties', () => {
  readFrame(withAlias, 0, withAlias.length, 1_000_000, frame)
  decodePublish(withAlias, frame.flags, frame.bodyStart, frame.bodyEnd, V5, view)
  sink = (sink + forwardableProperties(withAlias, view).length) | 0
})

const w = new ByteWriter(65_536)

function encodeBench(
  name: string,
  version: ProtocolVersion,
  props: Buffer,
  payload: Buffer,
  ids?: readonly number[],
): void {
  measure(name, () => {
    w.offset = 0
    encodePublish(w, version, 0x32, topic, 513, props, -1, 0, ids, payload)
    sink = (sink + w.offset) | 0
  })
}

encodeBench('encodePublish 3.1.1 QoS 1, 16 B', V311, NONE, payload128.subarray(0, 16))
encodeBench('encodePublish 3.1.1 QoS 1, 128 B', V311, NONE, payload128)
encodeBench('encodePublish 5 QoS 1, 128 B', V5, NONE, payload128)
encodeBench('encodePublish 5 QoS 1, 2 user properties', V5, userProps, payload128)
encodeBench('encodePublish 5 QoS 1, subscription id', V5, NONE, payload128, [17])
encodeBench('encodePublish 3.1.1 QoS 1, 4 KiB', V311, NONE, Buffer.alloc(4096, 'y'))
measure('encodePublishHead 5 QoS 1', () => {
  w.offset = 0
  encodePublishHead(w, V5, 0x32, topic, 513, NONE, -1, 0, undefined, 128)
  sink = (sink + w.offset) | 0
})

const ackView = new AckView()
const puback = written((to) => encodeAck(to, PacketType.PUBACK, V311, 513, 0))
const puback5 = written((to) => encodeAck(to, PacketType.PUBACK, V5, 513, 0x10))
measure('decodeAck 3.1.1', () => {
  readFrame(puback, 0, puback.length, 1_000_000, frame)
  decodeAck(puback, PacketType.PUBACK, frame.bodyStart, frame.bodyEnd, V311, ackView)
  sink = (sink + ackView.packetId) | 0
})
measure('decodeAck 5 with reason', () => {
  readFrame(puback5, 0, puback5.length, 1_000_000, frame)
  decodeAck(puback5, PacketType.PUBACK, frame.bodyStart, frame.bodyEnd, V5, ackView)
  sink = (sink + ackView.reason) | 0
})
measure('encodeAck 3.1.1', () => {
  w.offset = 0
  encodeAck(w, PacketType.PUBACK, V311, 513, 0)
  sink = (sink + w.offset) | 0
})
measure('encodeAck 5 with reason', () => {
  w.offset = 0
  encodeAck(w, PacketType.PUBACK, V5, 513, 0x10)
  sink = (sink + w.offset) | 0
})

const connect = written((to) =>
  encodeConnect(to, {
    protocolName: 'MQTT',
    version: V5,
    bridge: false,
    cleanStart: true,
    keepAliveSeconds: 60,
    clientId: 'sensor-0000000017',
    username: 'sensor',
    password: Buffer.from('secret'),
    properties: { sessionExpiryIntervalSeconds: 3600, receiveMaximum: 100 },
  }),
)
measure('decodeConnect 5', () => {
  readFrame(connect, 0, connect.length, 1_000_000, frame)
  const decoded = decodeConnect(connect, frame.bodyStart, frame.bodyEnd)
  if (isFailure(decoded)) throw new Error(decoded.detail)
  sink = (sink + decoded.keepAliveSeconds) | 0
})

const chinese = Buffer.from('工厂/七号/温度/传感器/读数')
measure('validateTopicName ASCII, 25 B', () => {
  if (validateTopicName(topic, 0, topic.length) !== undefined) throw new Error('topic')
})
measure('validateTopicName Chinese, 37 B', () => {
  if (validateTopicName(chinese, 0, chinese.length) !== undefined) throw new Error('topic')
})
measure('decodeUtf8 ASCII, 25 B', () => {
  sink = (sink + decodeUtf8(topic, 0, topic.length).length) | 0
})
const kibibyte = Buffer.alloc(1024, 'abcdefgh')
measure('isMqttUtf8 ASCII, 1 KiB', () => {
  if (!isMqttUtf8(kibibyte, 0, 1024)) throw new Error('utf8')
})
if (sink === 0) console.log(sink)
