/** Protocol levels as CONNECT carries them (bridge bit 0x80 removed). */
export const ProtocolVersion = {
  /** MQTT 3.1, protocol name `MQIsdp`. */
  V31: 3,
  V311: 4,
  V5: 5,
} as const
export type ProtocolVersion = (typeof ProtocolVersion)[keyof typeof ProtocolVersion]
