/** The whole configuration: every root of the field language, and its decoded type. */
import { object } from './field.ts'
import type { Infer } from './field.ts'
import { allowAnonymous, broker, sysTopics, zones } from './fields/broker.ts'
import { listeners } from './fields/listeners.ts'
import { log } from './fields/log.ts'
import { autoSubscribe, delayed, retainer, rewrite } from './fields/messages.ts'
import { mqtt } from './fields/mqtt.ts'
import { durability, node } from './fields/node.ts'

/** The description that everything else is made from. Roots stand in the order of the docs. */
export const tidewayFields = object(
  {
    node,
    allow_anonymous: allowAnonymous,
    listeners,
    mqtt,
    zones,
    durability,
    retainer,
    delayed,
    auto_subscribe: autoSubscribe,
    rewrite,
    broker,
    sys_topics: sysTopics,
    log,
  },
  { text: 'Tideway.', hot: 'restart-node' },
)

/**
 * The decoded configuration. Keys have the names of the file; durations are milliseconds, sizes
 * bytes, `infinity` is `Infinity`.
 */
export type TidewayConfig = Infer<typeof tidewayFields>

export type MqttConfig = TidewayConfig['mqtt']
export type TcpListenerConfig = TidewayConfig['listeners']['tcp'][string]
export type SslListenerConfig = TidewayConfig['listeners']['ssl'][string]
export type WsListenerConfig = TidewayConfig['listeners']['ws'][string]
export type WssListenerConfig = TidewayConfig['listeners']['wss'][string]

/** `mqtt` as the clients of a zone see it: the zone's own keys over the common ones. */
export function mqttOfZone(config: TidewayConfig, zone: string): MqttConfig {
  const overrides = config.zones[zone]?.mqtt
  if (overrides === undefined) return config.mqtt
  const written = Object.entries(overrides).filter(([, value]) => value !== undefined)
  return { ...config.mqtt, ...Object.fromEntries(written) }
}
