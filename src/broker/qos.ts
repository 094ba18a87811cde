/** Quality of service (MQTT 5 §4.3). */
export type QoS = 0 | 1 | 2
