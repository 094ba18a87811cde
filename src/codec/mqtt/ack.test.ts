import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { AckView, decodeAck, decodeAckProperties, encodeAck } from './ack.ts'
import { PacketType } from './packet-type.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { ReasonCode } from './reason-codes.ts'

const { V31, V311, V5 } = ProtocolVersion
const { PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType

function hexOf(write: (w: ByteWriter) => void): string {
  const w = new ByteWriter(1)
  write(w)
  return w.bytes.toString('hex', 0, w.offset)
}

test('[MQTT-3.6.1-1] each acknowledgement has its first byte', () => {
  const firsts = [PUBACK, PUBREC, PUBREL, PUBCOMP].map((type) =>
    hexOf((w) => encodeAck(w, type, V311, 258, 0)),
  )
  assert.deepEqual(firsts, ['40020102', '50020102', '62020102', '70020102'])
})

test('a reason goes out in MQTT 5 alone, and only when it says something', () => {
  assert.equal(
    hexOf((w) => encodeAck(w, PUBACK, V5, 1, 0)),
    '40020001',
  )
  assert.equal(
    hexOf((w) => encodeAck(w, PUBACK, V5, 1, 0x10)),
    '4003000110',
  )
  assert.equal(
    hexOf((w) => encodeAck(w, PUBACK, V311, 1, 0x10)),
    '40020001',
  )
  assert.equal(
    hexOf((w) => encodeAck(w, PUBACK, V31, 1, 0x80, 'no', [['a', 'b']])),
    '40020001',
  )
})

test('a property section goes out only when it has something', () => {
  assert.equal(
    hexOf((w) => encodeAck(w, PUBREC, V5, 1, 0x80, undefined, [])),
    '5003000180',
  )
  assert.equal(
    hexOf((w) => encodeAck(w, PUBREC, V5, 1, 0, '')),
    '50070001' + '00' + '031f0000',
  )
})

test('a view that is used again forgets the packet before', () => {
  const view = new AckView()
  const long = Buffer.from('000187051f00026e6f', 'hex')
  assert.equal(decodeAck(long, PUBACK, 0, long.length, V5, view), undefined)
  assert.deepEqual(decodeAckProperties(long, view), { reasonString: 'no' })
  assert.equal(view.reason, 0x87)
  const short = Buffer.from('0102', 'hex')
  assert.equal(decodeAck(short, PUBACK, 0, 2, V5, view), undefined)
  const found = { packetId: 258, reason: 0, propsStart: 2, propsEnd: 2 }
  assert.deepEqual(view, Object.assign(new AckView(), found))
  assert.deepEqual(decodeAckProperties(short, view), {})
})

test('the number of user properties has a limit', () => {
  const bytes = Buffer.from(`0001000f${'2600000000'.repeat(3)}`, 'hex')
  const view = new AckView()
  assert.equal(decodeAck(bytes, PUBREL, 0, bytes.length, V5, view, 3), undefined)
  const failure = decodeAck(bytes, PUBREL, 0, bytes.length, V5, view, 2)
  assert.equal(failure?.reason, ReasonCode.QUOTA_EXCEEDED)
})
