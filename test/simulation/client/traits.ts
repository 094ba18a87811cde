import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { Prng } from '../engine/prng.ts'
import type { Scenario } from '../scenario.ts'

/** What makes one device different from another; fixed for its life. */
export interface DeviceTraits {
  readonly name: string
  readonly clientId: string
  readonly version: ProtocolVersion
  /** Its session outlives its connections. */
  readonly persistent: boolean
  /** Session expiry asked for; 0xffffffff = never. */
  readonly expirySeconds: number
  readonly keepAliveSeconds: number
  readonly receiveMaximum: number
  readonly topicAliasMaximum: number
  /** Mean time until it acknowledges what it received; 0 = at once. */
  readonly ackDelayMs: number
  /** QoS 1 and 2 messages it has open at most. */
  readonly outboundMax: number
  /** Packet identifiers go round after this one. */
  readonly packetIdMax: number
  /** Sends before CONNACK has come. */
  readonly eager: boolean
  /** Opens a new connection while the old one is still there. */
  readonly impatient: boolean
  /** Other devices use the same client id. */
  readonly twin: boolean
  readonly noLocal: boolean
  /** Share of its connects that ask for a clean session although it is persistent. */
  readonly cleanChance: number
  readonly hasWill: boolean
  /** Forgets DUP when it sends a message again, as MQTT.js does. */
  readonly forgetsDup: boolean
}

export const EXPIRY_NEVER = 0xffffffff

export function makeTraits(
  scenario: Scenario,
  prng: Prng,
  name: string,
  clientId: string,
  twin: boolean,
): DeviceTraits {
  const version = prng.pick([ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5])
  const v5 = version === ProtocolVersion.V5
  const persistent = prng.chance(0.7)
  const impatient = prng.chance(scenario.impatience)
  const expires = v5 && scenario.finiteExpiry && prng.chance(0.5)
  return {
    name,
    clientId,
    version,
    persistent,
    expirySeconds: persistent ? (expires ? prng.between(1, 8) : EXPIRY_NEVER) : 0,
    keepAliveSeconds: prng.chance(0.5) ? prng.between(1, 10) : 0,
    receiveMaximum: prng.pick([1, 2, 5, 20, 65_535]),
    topicAliasMaximum: prng.pick([0, 1, 10]),
    ackDelayMs: prng.pick([0, 0, 5, 100, 1_000]),
    outboundMax: prng.pick([1, 3, 10, 30]),
    packetIdMax: prng.pick([40, 100, 65_535]),
    eager: !impatient && !persistent && prng.chance(0.3),
    impatient,
    twin,
    noLocal: v5 && prng.chance(0.2),
    cleanChance: twin ? 0.3 : prng.pick([0, 0, 0.05]),
    hasWill: scenario.features.has('wills') && prng.chance(0.4),
    forgetsDup: prng.chance(0.3),
  }
}
