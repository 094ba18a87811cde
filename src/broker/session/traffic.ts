/** What came and went over a connection. Plain fields: hot. */
export interface Traffic {
  /** PUBLISH packets. */
  qos0In: number
  qos1In: number
  qos2In: number
  qos0Out: number
  qos1Out: number
  qos2Out: number
  /** Packets of all kinds. */
  packetsIn: number
  /** Packets but PUBLISH. */
  controlOut: number
  /** With all that belongs to MQTT, without TLS and WebSocket. */
  bytesIn: number
  bytesOut: number
  /** Pieces in which the bytes came and went. */
  reads: number
  writes: number
  /** Messages that were not sent because they had expired, or are larger than the client takes. */
  expired: number
  tooLarge: number
  /** Messages of QoS 2 that the client did not release in time. */
  unreleased: number
}

/** For a connection that begins. */
export function makeTraffic(): Traffic {
  return {
    qos0In: 0,
    qos1In: 0,
    qos2In: 0,
    qos0Out: 0,
    qos1Out: 0,
    qos2Out: 0,
    packetsIn: 0,
    controlOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    reads: 0,
    writes: 0,
    expired: 0,
    tooLarge: 0,
    unreleased: 0,
  }
}
