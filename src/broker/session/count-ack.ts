import type { AckType } from '#codec/mqtt/ack.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Metric, type Metrics } from '../metrics.ts'

/** Counts an acknowledgement that is sent. Hot path. */
export function countAck({ values }: Metrics, type: AckType, reason: number): void {
  values[Metric.PACKETS_SENT]!++ // Indexes come from the table, here and below.
  if (type === PacketType.PUBACK) values[Metric.PACKETS_PUBACK_SENT]!++
  else if (type === PacketType.PUBREC) values[Metric.PACKETS_PUBREC_SENT]!++
  else if (type === PacketType.PUBREL) values[Metric.PACKETS_PUBREL_SENT]!++
  else values[Metric.PACKETS_PUBCOMP_SENT]!++
  if (reason >= 0x80) {
    values[Metric.PACKETS_PUBLISH_ERROR]!++
    if (reason === ReasonCode.NOT_AUTHORIZED) values[Metric.PACKETS_PUBLISH_AUTH_ERROR]!++
  }
}
