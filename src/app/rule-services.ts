import { systemClock } from '#kernel/system/system-clock.ts'
import { systemRandom } from '#kernel/system/system-random.ts'
import type { RuleServicePorts } from '#streams/rules/rule-services.ts'

/** Variables of the environment that rules may read begin with one of these. */
const OPEN_PREFIXES = ['TIDEWAYVAR_', 'EMQXVAR_']

/** What functions of rules get of the world, but for schemas. */
export const ruleServicePorts: Omit<RuleServicePorts, 'schemas'> = {
  clock: systemClock,
  random: systemRandom,
  environment(name) {
    for (const prefix of OPEN_PREFIXES) {
      const value = process.env[prefix + name]
      if (value !== undefined) return value
    }
    return undefined
  },
}
