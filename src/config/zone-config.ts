/** The settings that hold in a zone. */
import type { TidewayConfig } from './tideway-config.ts'

/** Groups of settings that a zone may have of its own, complete. */
export type ZoneConfig = Pick<
  TidewayConfig,
  'mqtt' | 'flapping_detect' | 'force_shutdown' | 'overload_protection'
>

/** The general settings with those of the zone over them; without such a zone the former. */
export function zoneConfig(config: TidewayConfig, name: string): ZoneConfig {
  const zone = config.zones[name]
  const { mqtt, flapping_detect, force_shutdown, overload_protection } = config
  return {
    mqtt: over(mqtt, zone?.mqtt),
    flapping_detect: over(flapping_detect, zone?.flapping_detect),
    force_shutdown: over(force_shutdown, zone?.force_shutdown),
    overload_protection: over(overload_protection, zone?.overload_protection),
  }
}

type Written<T> = { readonly [K in keyof T]?: T[K] | undefined }

function over<T extends object>(general: T, zone: Written<T> | undefined): T {
  if (zone === undefined) return general
  const written = Object.entries(zone).filter(([, value]) => value !== undefined)
  return { ...general, ...Object.fromEntries(written) }
}
