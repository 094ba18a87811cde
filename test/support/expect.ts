import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { ServerPacket } from './server-packets.ts'
import type { TestClient } from './test-client.ts'

/** The broker refused CONNECT with this CONNACK, sent nothing else, and closed. */
export function expectRefused(client: TestClient, reason: number): ServerPacket {
  const [connack, ...others] = client.packets
  assert.equal(connack?.type, PacketType.CONNACK, 'CONNACK answers')
  assert.equal(hex(connack.reason), hex(reason))
  assert.equal(connack.sessionPresent, false)
  assert.deepEqual(others, [])
  assert.equal(client.closed, true, 'the broker closes the connection')
  return connack
}

/** The broker ended the connection with this DISCONNECT as the last packet. */
export function expectDisconnected(client: TestClient, reason: number): ServerPacket {
  const last = client.packets.at(-1)
  assert.equal(last?.type, PacketType.DISCONNECT, 'DISCONNECT is the last packet')
  assert.equal(hex(last.reason), hex(reason))
  assert.equal(client.closed, true, 'the broker closes the connection')
  return last
}

/** The broker closed the connection and sent no packet since the last look. */
export function expectClosedSilently(client: TestClient): void {
  assert.deepEqual(client.packets, [])
  assert.equal(client.closed, true, 'the broker closes the connection')
}

function hex(reason: number): string {
  return `0x${reason.toString(16).padStart(2, '0')}`
}
