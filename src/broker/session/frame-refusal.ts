import { type Frame, FrameStatus } from '#codec/mqtt/frame.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { CloseCause } from './outlet.ts'

/** Why a connection ends whose packet is too large, or begins with bytes that none begins with. */
export function frameRefusal(
  status: FrameStatus,
  frame: Frame,
  packetBytesMax: number,
): CloseCause {
  return status === FrameStatus.TOO_LARGE
    ? {
        reason: ReasonCode.PACKET_TOO_LARGE, // [MQTT-3.2.2-15]
        code: 'packet_too_large',
        text: `The packet is larger than ${packetBytesMax} bytes (mqtt.max_packet_size).`,
      }
    : {
        reason: ReasonCode.MALFORMED_PACKET,
        code: 'malformed_packet', // [MQTT311-2.2.2-2]
        text: `The fixed header is malformed (first byte 0x${frame.first.toString(16)}).`,
      }
}
