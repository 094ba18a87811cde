import type { Clock, Random } from '#broker/ports.ts'
import type { FunctionServices, SchemaLookup, ValueStore } from '#plugin/define-function.ts'
import { BoundedStore } from './bounded-store.ts'

/** Values of `kv_store_put` that are kept. */
const SHARED_VALUES_MAX = 100_000
/** Publishers of which values of `proc_dict_put` are kept, and values of each. */
const PUBLISHERS_MAX = 100_000
const PRIVATE_VALUES_MAX = 100

/** Until the engine is told otherwise. */
const JQ_TIMEOUT_MS = 10_000

/** What functions of rules get of the node. */
export interface RuleServicePorts {
  readonly clock: Clock
  readonly random: Random
  environment(name: string): string | undefined
  readonly schemas: SchemaLookup
}

/** Services whose limits follow the configuration. */
export interface RuleServices extends FunctionServices {
  jqTimeoutMs: number
}

/** The services of one shard. */
export function makeRuleServices(ports: RuleServicePorts): RuleServices {
  const { clock, random, schemas } = ports
  const publishers = new Map<string, ValueStore>()
  return {
    nowMs: () => clock.nowMs(),
    random: () => random.next(),
    environment: (name) => ports.environment(name),
    shared: new BoundedStore(SHARED_VALUES_MAX),
    privateTo(clientId) {
      const known = publishers.get(clientId)
      if (known !== undefined) return known
      const store = new BoundedStore(PRIVATE_VALUES_MAX)
      publishers.set(clientId, store)
      if (publishers.size > PUBLISHERS_MAX) {
        const [oldest] = publishers.keys()
        if (oldest !== undefined) publishers.delete(oldest)
      }
      return store
    },
    jqTimeoutMs: JQ_TIMEOUT_MS,
    schemas,
  }
}
