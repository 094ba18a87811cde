import assert from 'node:assert/strict'
import { AckView, decodeAck, decodeAckProperties } from '#codec/mqtt/ack.ts'
import { decodeAuth } from '#codec/mqtt/auth.ts'
import { decodeConnack } from '#codec/mqtt/connack.ts'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { decodeDisconnect } from '#codec/mqtt/disconnect.ts'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { Properties } from '#codec/mqtt/properties.ts'
import { decodePublish, decodePublishProperties, PublishView } from '#codec/mqtt/publish.ts'
import { decodeSuback } from '#codec/mqtt/suback.ts'
import { decodeUnsuback } from '#codec/mqtt/unsuback.ts'

/** A packet from the broker as tests look at it; fields that a type lacks have neutral values. */
export interface ServerPacket {
  readonly type: number
  readonly packetId: number
  readonly reason: number
  readonly reasons: readonly number[]
  readonly sessionPresent: boolean
  readonly topic: string
  readonly payload: string
  readonly bytes: Buffer
  /** The whole packet as it came. */
  readonly frame: Buffer
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly properties: Properties
}

const PACKET_BYTES_MAX = 268_435_460
const NEUTRAL: ServerPacket = {
  type: 0,
  packetId: 0,
  reason: 0,
  reasons: [],
  sessionPresent: false,
  topic: '',
  payload: '',
  bytes: Buffer.alloc(0),
  frame: Buffer.alloc(0),
  qos: 0,
  retain: false,
  dup: false,
  properties: {},
}

/** Cuts packets out of what the broker sent; `rest` is an incomplete packet at the end. */
export function readServerPackets(
  bytes: Buffer,
  version: ProtocolVersion,
): { packets: ServerPacket[]; rest: Buffer } {
  const packets: ServerPacket[] = []
  const frame = new Frame()
  let offset = 0
  while (offset < bytes.length) {
    const status = readFrame(bytes, offset, bytes.length, PACKET_BYTES_MAX, frame, 0)
    if (status === FrameStatus.INCOMPLETE) break
    assert.equal(status, FrameStatus.OK, 'the broker sends well-formed frames')
    const whole = Buffer.from(bytes.subarray(offset, frame.bodyEnd))
    packets.push({ ...decode(bytes, frame, version), frame: whole })
    offset = frame.bodyEnd
  }
  return { packets, rest: Buffer.from(bytes.subarray(offset)) }
}

function decode(bytes: Buffer, frame: Frame, version: ProtocolVersion): ServerPacket {
  const { type, bodyStart, bodyEnd } = frame
  switch (type) {
    case PacketType.CONNACK:
      return { ...NEUTRAL, type, ...good(decodeConnack(bytes, bodyStart, bodyEnd, version)) }
    case PacketType.PUBLISH:
      return publish(bytes, frame, version)
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP: {
      const view = new AckView()
      good(decodeAck(bytes, type, bodyStart, bodyEnd, version, view) ?? {})
      const properties = decodeAckProperties(bytes, view)
      return { ...NEUTRAL, type, packetId: view.packetId, reason: view.reason, properties }
    }
    case PacketType.SUBACK:
      return { ...NEUTRAL, type, ...good(decodeSuback(bytes, bodyStart, bodyEnd, version)) }
    case PacketType.UNSUBACK:
      return { ...NEUTRAL, type, ...good(decodeUnsuback(bytes, bodyStart, bodyEnd, version)) }
    case PacketType.DISCONNECT:
      return {
        ...NEUTRAL,
        type,
        ...good(decodeDisconnect(bytes, bodyStart, bodyEnd, version, true)),
      }
    case PacketType.AUTH:
      return { ...NEUTRAL, type, ...good(decodeAuth(bytes, bodyStart, bodyEnd)) }
    default:
      assert.equal(type, PacketType.PINGRESP, 'a packet that a server may send')
      return { ...NEUTRAL, type }
  }
}

function publish(bytes: Buffer, frame: Frame, version: ProtocolVersion): ServerPacket {
  const view = new PublishView(true)
  good(decodePublish(bytes, frame.flags, frame.bodyStart, frame.bodyEnd, version, view) ?? {})
  const payload = Buffer.from(bytes.subarray(view.payloadStart, view.payloadEnd))
  return {
    ...NEUTRAL,
    type: frame.type,
    packetId: view.packetId,
    qos: view.qos,
    retain: view.retain,
    dup: view.dup,
    topic: bytes.toString('utf8', view.topicStart, view.topicEnd),
    payload: payload.toString(),
    bytes: payload,
    properties: decodePublishProperties(bytes, view.propsStart, view.propsEnd),
  }
}

function good<T>(decoded: T | DecodeFailure): T {
  if (isFailure(decoded)) assert.fail(`the broker sent what cannot be decoded: ${decoded.detail}`)
  return decoded
}
