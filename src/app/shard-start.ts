import { METERS_BYTES } from '#access/authentication/authenticator-meter.ts'
import { TALLY_BYTES } from '#access/protection/connection-tally.ts'
import type { AccessSettings } from '#access/shard-access.ts'
import type { BrokerSettings } from '#broker/limits.ts'
import { METRICS_BYTES, Metrics } from '#broker/metrics.ts'
import { TableTotals } from '#broker/table-totals.ts'
import type { OverloadSettings } from '#listeners/overload-monitor.ts'
import { SlotCounter } from '#listeners/slot-counter.ts'
import type { RuleEngineSettings } from '#streams/rules/rule-engine.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'
import type { IntegrationSpec } from '#integrations/integration-spec.ts'
import type { TracingSettings } from '#streams/tracing/tracing-settings.ts'
import type { PipelineSpecs } from '#streams/pipeline/message-pipeline.ts'
import type { SchemaSpec } from '#streams/schemas/schema-spec.ts'
import type { LevelCells } from '#kernel/system/log-record.ts'
import type { StorageTicket } from '#storage/lmdb/storage-ticket.ts'

/** Listeners that can exist in one process at a time. */
export const LISTENERS_MAX = 1024

/** Memory that all shards and the main thread share. */
export interface SharedMemory {
  /** `METRICS_BYTES` for each shard. */
  readonly metrics: SharedArrayBuffer
  readonly retainedTotals: SharedArrayBuffer
  readonly delayedTotals: SharedArrayBuffer
  /** `METERS_BYTES` for each shard. */
  readonly authentication: SharedArrayBuffer
  /** One counter of connections for each listener. */
  readonly connections: SharedArrayBuffer
  /** Connections by user, and by address. */
  readonly users: SharedArrayBuffer
  readonly addresses: SharedArrayBuffer
}

/** The rules of a node and how they behave. */
export interface RuleStart {
  readonly settings: RuleEngineSettings
  readonly specs: readonly RuleSpec[]
  readonly schemas: readonly SchemaSpec[]
  /** Validations and transformations of messages. */
  readonly pipeline: PipelineSpecs
}

/** What goes to other systems and comes from them. */
export interface IntegrationStart {
  readonly specs: readonly IntegrationSpec[]
  /** Folder for what waits on disk. */
  readonly bufferFolder: string
}

/** What a shard obeys, and can be told anew while it runs. Can be sent to a thread. */
export interface ShardSettings {
  readonly broker: BrokerSettings
  readonly access: AccessSettings
  /** Undefined: nothing is traced. */
  readonly tracing: TracingSettings | undefined
  readonly overload: OverloadSettings
}

/** What a shard is started with, apart from its ways to others. Can be sent to a thread. */
export interface ShardStart extends ShardSettings {
  readonly shard: number
  readonly shardCount: number
  readonly rules: RuleStart
  readonly integrations: IntegrationStart
  /** Secret that hashes of users and addresses begin with. */
  readonly tallySalt: string
  readonly storage: StorageTicket
  readonly storagePendingBytesMax: number
  readonly memory: SharedMemory
  /** See `ShardPorts.run`. */
  readonly run: number
  /** TCP connections go below the streams of Node.js. */
  readonly useHandles: boolean
  /** See `AuthenticatorContext.nodeSecret`. */
  readonly nodeSecret: Uint8Array
  /** 48 secret bytes for TLS session tickets. */
  readonly ticketKeys: Uint8Array
  /** Number of the lowest log level that anybody sees. */
  readonly logLevels: LevelCells
}

/** Makes the memory for so many shards. */
export function makeSharedMemory(shardCount: number): SharedMemory {
  return {
    metrics: new SharedArrayBuffer(METRICS_BYTES * shardCount),
    retainedTotals: new SharedArrayBuffer(TableTotals.memoryBytes(shardCount)),
    delayedTotals: new SharedArrayBuffer(TableTotals.memoryBytes(shardCount)),
    authentication: new SharedArrayBuffer(METERS_BYTES * shardCount),
    connections: new SharedArrayBuffer(LISTENERS_MAX * Int32Array.BYTES_PER_ELEMENT),
    users: new SharedArrayBuffer(TALLY_BYTES),
    addresses: new SharedArrayBuffer(TALLY_BYTES),
  }
}

/** The numbers of every shard. */
export function metricsOf(memory: SharedMemory): readonly Metrics[] {
  const shardCount = memory.metrics.byteLength / METRICS_BYTES
  return Array.from({ length: shardCount }, (_, shard) => {
    return new Metrics(memory.metrics, METRICS_BYTES * shard)
  })
}

/** The counter of connections of the listener with this place. */
export function slotsOf(memory: SharedMemory, place: number): SlotCounter {
  return new SlotCounter(new Int32Array(memory.connections), place)
}
