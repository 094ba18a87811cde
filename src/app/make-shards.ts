import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { makeBusEnds } from '#fabric/shard/bus-ends.ts'
import { InProcessFabric } from '#fabric/shard/in-process.ts'
import type { IntegrationSpec } from '#integrations/integration-spec.ts'
import type { StorageTicket } from '#storage/lmdb/storage-ticket.ts'
import { composeShard } from './compose.ts'
import { toRuleStart } from './rule-settings.ts'
import type { NodeOptions } from './running-node.ts'
import type { ShardControl } from './shard-runtime.ts'
import type { ShardSettings, ShardStart, SharedMemory } from './shard-start.ts'
import { WorkerShard } from './worker-shard.ts'

const TICKET_KEY_BYTES = 48
const TALLY_SALT_BYTES = 8
const BUFFER_FOLDER = 'buffers'
const NODE_SECRET_BYTES = 32

/** What the shards of a node are made of. */
export interface ShardPlan {
  readonly options: NodeOptions
  readonly shardCount: number
  readonly settings: ShardSettings
  readonly integrations: readonly IntegrationSpec[]
  readonly storage: StorageTicket
  readonly memory: SharedMemory
  /** See `ShardStart`. */
  readonly run: number
  readonly useHandles: boolean
  /** A shard has failed: why. */
  readonly failed: (text: string) => void
}

/** Makes the shards of a node, in threads of their own or in this one; the caller starts them. */
export function makeShards(plan: ShardPlan): readonly ShardControl[] {
  const { shardCount, options } = plan
  const common = startOf(plan)
  const starts = Array.from({ length: shardCount }, (_, shard) => ({ ...common, shard }))
  return options.threads === 'inline' ? inline(starts, options) : workers(starts, plan)
}

function startOf(plan: ShardPlan): Omit<ShardStart, 'shard'> {
  const { config, logLevels } = plan.options
  return {
    ...plan.settings,
    shardCount: plan.shardCount,
    rules: toRuleStart(config),
    integrations: {
      specs: plan.integrations,
      bufferFolder: join(config.node.data_dir, BUFFER_FOLDER),
    },
    tallySalt: randomBytes(TALLY_SALT_BYTES).toString('hex'),
    storage: plan.storage,
    storagePendingBytesMax: config.durability.max_pending_bytes,
    memory: plan.memory,
    run: plan.run,
    useHandles: plan.useHandles,
    nodeSecret: randomBytes(NODE_SECRET_BYTES),
    ticketKeys: randomBytes(TICKET_KEY_BYTES),
    logLevels,
  }
}

function workers(
  starts: readonly ShardStart[],
  { options, failed }: ShardPlan,
): readonly ShardControl[] {
  const events = { log: options.writeLog, failed }
  return makeBusEnds(starts.length).flatMap((bus) => {
    const start = starts[bus.shard]
    return start === undefined ? [] : new WorkerShard(start, bus, events)
  })
}

function inline(starts: readonly ShardStart[], { log }: NodeOptions): readonly ShardControl[] {
  const fabric = new InProcessFabric(starts.length, () => {
    setImmediate(() => fabric.deliver())
  })
  return starts.flatMap((start) => {
    const end = fabric.shards[start.shard]
    if (end === undefined) return []
    const runtime = composeShard(start, end, log)
    fabric.open(start.shard, (from, items) => runtime.receiveBatch(from, items))
    return runtime
  })
}
