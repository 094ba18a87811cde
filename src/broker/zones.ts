import { AttributeRules } from './attributes/attribute-rules.ts'
import type { BrokerSettings, MqttSettings, ZoneSettings } from './limits.ts'

/**
 * What holds for the clients of the listeners that name this zone. Connections and sessions keep
 * the object; a change of settings puts other values into it, so that it reaches all of them at
 * once and nobody has to look anything up. Plain fields: hot.
 */
export class Zone {
  readonly name: string
  mqtt: MqttSettings
  /** Memory that one connected client may hold; Infinity = no limit. */
  clientBytesMax: number
  attributeRules: AttributeRules

  constructor(name: string, settings: ZoneSettings, attributeRules: AttributeRules) {
    this.name = name
    this.mqtt = settings.mqtt
    this.clientBytesMax = settings.clientBytesMax
    this.attributeRules = attributeRules
  }
}

/**
 * The zones of a shard by name. A name that the settings do not have gets the general settings:
 * the session of a client may be older than the configuration. Names come from the configuration
 * only, and stay for as long as the shard.
 */
export class Zones {
  readonly #zones = new Map<string, Zone>()
  #settings: BrokerSettings
  #rules: Map<ZoneSettings, AttributeRules>
  #topicLevelsMax: number

  /** @throws Error when attributes are not valid */
  constructor(settings: BrokerSettings) {
    this.#settings = settings
    this.#rules = compileRules(settings)
    this.#topicLevelsMax = deepestTopic(settings)
  }

  /** The zone of this name. */
  of(name: string): Zone {
    const known = this.#zones.get(name)
    if (known !== undefined) return known
    const zone = new Zone(name, this.#settingsOf(name), this.#rulesOf(name))
    this.#zones.set(name, zone)
    return zone
  }

  /** All zones that anybody has asked for. */
  all(): Iterable<Zone> {
    return this.#zones.values()
  }

  /** Levels of the deepest topic that clients of any zone may use. Plain number: hot. */
  get topicLevelsMax(): number {
    return this.#topicLevelsMax
  }

  /**
   * Has all zones obey other settings.
   * @throws Error when attributes are not valid; nothing changes
   */
  configure(settings: BrokerSettings): void {
    this.#rules = compileRules(settings)
    this.#settings = settings
    this.#topicLevelsMax = deepestTopic(settings)
    for (const zone of this.#zones.values()) {
      const { mqtt, clientBytesMax } = this.#settingsOf(zone.name)
      zone.mqtt = mqtt
      zone.clientBytesMax = clientBytesMax
      zone.attributeRules = this.#rulesOf(zone.name)
    }
  }

  #settingsOf(name: string): ZoneSettings {
    return this.#settings.zones.get(name) ?? this.#settings
  }

  #rulesOf(name: string): AttributeRules {
    const rules = this.#rules.get(this.#settingsOf(name))
    if (rules === undefined) throw new Error(`the zone ${name} has no attributes`)
    return rules
  }
}

function compileRules(settings: BrokerSettings): Map<ZoneSettings, AttributeRules> {
  const all: ZoneSettings[] = [settings, ...settings.zones.values()]
  return new Map(all.map((one) => [one, new AttributeRules(one.clientAttributes)]))
}

/** Levels of the deepest topic that clients of any zone may use. */
export function deepestTopic(settings: BrokerSettings): number {
  const zones = [...settings.zones.values()].map(({ mqtt }) => mqtt.topicLevelsMax)
  return Math.max(settings.mqtt.topicLevelsMax, ...zones)
}
