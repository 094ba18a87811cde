import type { SlowSettings } from '#broker/operator/slow-watch.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { Shards } from '../shards.ts'

/** What the configuration says of slow subscribers; undefined: they are not looked for. */
export function toSlowSettings({ slow_subs: slow }: TidewayConfig): SlowSettings | undefined {
  if (!slow.enable) return undefined
  return {
    thresholdMs: slow.threshold,
    recordsMax: slow.top_k_num,
    expireMs: slow.expire_interval,
    type: slow.stats_type,
  }
}

/** Has all shards look for slow subscribers as the configuration says. */
export async function watchSlow(shards: Shards, config: TidewayConfig): Promise<void> {
  await shards.callAll('watchSlow', toSlowSettings(config))
}
