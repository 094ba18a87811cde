import { ACK_PACKETS } from './ack-packets.ts'
import { CONNECT_PACKETS } from './connect-packets.ts'
import { CONNECT_PAYLOAD_PACKETS } from './connect-payload-packets.ts'
import { CONNECT_PROPERTY_PACKETS } from './connect-property-packets.ts'
import { CONTROL_PACKETS } from './control-packets.ts'
import type { Golden } from './golden.ts'
import { PUBLISH_PACKETS } from './publish-packets.ts'
import { SUBSCRIBE_PACKETS } from './subscribe-packets.ts'

/** Every golden packet: the cases of codec and session tests, and seeds of the fuzzers. */
export const GOLDEN_PACKETS: readonly Golden[] = [
  ...CONNECT_PACKETS,
  ...CONNECT_PAYLOAD_PACKETS,
  ...CONNECT_PROPERTY_PACKETS,
  ...CONTROL_PACKETS,
  ...PUBLISH_PACKETS,
  ...ACK_PACKETS,
  ...SUBSCRIBE_PACKETS,
]
