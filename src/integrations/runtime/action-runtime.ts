import { join } from 'node:path'
import type { Log } from '#broker/ports.ts'
import type { ActionConfig } from '#config/fields/integrations/integration.ts'
import type { AnyConnector, Sink, SinkContext } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { hashString } from '#kernel/hash.ts'
import { ActionCounter, add, makeActionCounters } from './action-counters.ts'
import type { ActionCounters } from './action-counters.ts'
import { reasonOf } from './connector-runtime.ts'
import type { ConnectorHost, ConnectorRuntime, IntegrationStatus } from './connector-runtime.ts'
import { adoptLeftovers, type BufferPlace, laneFolder } from './buffer-folders.ts'
import { DiskLog } from './disk-log.ts'
import { Lane } from './lane.ts'
import { LaneBuffer } from './lane-buffer.ts'
import type { DeliveryFailure, Done, QueuedRecord } from './queued-record.ts'

/** What an action needs of its shard. */
export interface ActionHost extends ConnectorHost {
  /** Folder of the buffers of all actions. */
  readonly bufferFolder: string
  /** Does with a record what the fallback actions say. */
  fallBack(config: ActionConfig['fallback_actions'], record: ValueMap): void
}

const CLOSE_LIMIT_MS = 2000
const LOG_INTERVAL_MS = 1000
const CLOSED = 'the action was closed'
const BUFFER_IS_FULL = 'too much waits: max_buffer_bytes'
const DISK_REFUSES = 'the disk does not take it, or not fast enough'

/** One action in one shard: its queues, its sink on the connection of its connector, numbers. */
export class ActionRuntime {
  readonly type: string
  readonly name: string
  readonly counters: ActionCounters
  readonly #definition: AnyConnector
  readonly #config: ActionConfig
  readonly #host: ActionHost
  #connector: ConnectorRuntime | undefined
  readonly #lanes: readonly Lane[]
  #sink: Sink | undefined
  /** Sinks may share a folder: one is opened when the former is closed. */
  #closing: Promise<void> = Promise.resolve()
  #client: { readonly value: unknown } | undefined
  #failure: string | undefined
  #timer: NodeJS.Timeout | undefined
  #quietUntilMs = 0
  #isClosed = false

  /** Makes its queues; it sends once it has a connector. */
  constructor(definition: AnyConnector, name: string, config: ActionConfig, host: ActionHost) {
    this.type = definition.description.type
    this.name = name
    this.counters = makeActionCounters()
    this.#definition = definition
    this.#config = config
    this.#host = host
    this.#lanes = config.enable ? this.#makeLanes() : []
  }

  get connectorName(): string {
    return this.#config.connector
  }

  /** Sends over this connector from now on; undefined: there is none of the name it needs. */
  connect(connector: ConnectorRuntime | undefined): void {
    this.#connector?.detach(this)
    this.closed()
    this.#connector = connector
    if (this.#config.enable && !this.#isClosed) connector?.attach(this)
  }

  get isEnabled(): boolean {
    return this.#config.enable
  }

  get status(): IntegrationStatus {
    if (!this.#config.enable) return { status: 'disconnected', reason: 'it is switched off' }
    if (this.#connector === undefined) {
      const reason = `there is no connector ${this.type}:${this.#config.connector}`
      return { status: 'disconnected', reason }
    }
    if (this.#failure !== undefined) return { status: 'disconnected', reason: this.#failure }
    if (this.#sink !== undefined) {
      const reason = this.#lanes.find(({ trouble }) => trouble !== '')?.trouble ?? ''
      return { status: 'connected', reason }
    }
    const { status, reason } = this.#connector.status
    return { status: status === 'connected' ? 'connecting' : status, reason }
  }

  /**
   * Takes a record. Records of one key are delivered in order as far as the options say.
   * @param done told what became of it; with a buffer on disk, when it is safe there
   * @param isFallback another action could not deliver it: there are no further ones
   */
  run(record: ValueMap, key: string, done: Done | undefined, isFallback = false): void {
    add(this.counters, ActionCounter.MATCHED)
    const reason = this.#whyStopped()
    const lane = this.#lanes[this.#lanes.length === 1 ? 0 : hashString(key) % this.#lanes.length]
    if (reason !== undefined || lane === undefined) {
      const isThere = this.#connector !== undefined || !this.#config.enable
      const { DROPPED_RESOURCE_NOT_FOUND, DROPPED_RESOURCE_STOPPED } = ActionCounter
      add(this.counters, ActionCounter.DROPPED)
      add(this.counters, isThere ? DROPPED_RESOURCE_STOPPED : DROPPED_RESOURCE_NOT_FOUND)
      done?.({ kind: 'dropped', reason: reason ?? 'it is switched off' })
      return
    }
    lane.push(record, done, isFallback)
  }

  /** Records came for which there was no room while it was changed. */
  countRefused(count: number): void {
    for (const counter of [ActionCounter.MATCHED, ActionCounter.DROPPED]) {
      add(this.counters, counter, count)
    }
    add(this.counters, ActionCounter.DROPPED_OTHER, count)
  }

  /** The numbers as they are now, gauges included. */
  read(): readonly number[] {
    const { counters } = this
    counters[ActionCounter.QUEUING] = 0
    counters[ActionCounter.QUEUING_BYTES] = 0
    counters[ActionCounter.INFLIGHT] = 0
    for (const lane of this.#lanes) {
      const { count, bytes } = lane.waiting
      add(counters, ActionCounter.QUEUING, count)
      add(counters, ActionCounter.QUEUING_BYTES, bytes)
      add(counters, ActionCounter.INFLIGHT, lane.inflight)
    }
    return [...counters]
  }

  /** The connection is open. */
  opened(client: unknown): void {
    this.#client = { value: client }
    void this.#openSink()
  }

  /** The connection is gone. */
  closed(): void {
    this.#client = undefined
    clearTimeout(this.#timer)
    this.#useSink(undefined)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#connector?.detach(this)
    const lost = await Promise.all(this.#lanes.map((lane) => lane.close(CLOSE_LIMIT_MS)))
    for (const record of lost.flat()) {
      this.#drop(record, ActionCounter.DROPPED_RESOURCE_STOPPED, CLOSED)
    }
    this.#useSink(undefined)
    await this.#closing
  }

  #whyStopped(): string | undefined {
    if (!this.#config.enable) return 'the action is switched off'
    if (this.#isClosed) return CLOSED
    if (this.#connector === undefined) return this.status.reason
    return this.#connector.isEnabled ? undefined : 'its connector is switched off'
  }

  #makeLanes(): readonly Lane[] {
    const { resource_opts: options } = this.#config
    const { shard, shardCount } = this.#host
    const count = Math.max(1, Math.floor(options.worker_pool_size / shardCount))
    const folder = join(this.#host.bufferFolder, this.type, this.name)
    const place: BufferPlace = { folder, shard, shardCount, lanes: count }
    return Array.from({ length: count }, (_, index) => this.#makeLane(place, index))
  }

  #makeLane(place: BufferPlace, index: number): Lane {
    const { resource_opts: options } = this.#config
    const { counters } = this
    const mode = options.buffer_mode
    const disk = mode === 'memory' ? undefined : this.#openLog(place, index)
    const buffer = new LaneBuffer(
      { mode, bytesMax: options.max_buffer_bytes, nowMs: () => performance.now() },
      disk,
      {
        dropped: (record, why) => {
          if (why === 'disk') this.#drop(record, ActionCounter.DROPPED_OTHER, DISK_REFUSES)
          else this.#drop(record, ActionCounter.DROPPED_QUEUE_FULL, BUFFER_IS_FULL)
        },
        readFailed: (reason) => this.#complain('action_buffer_not_read', reason),
        ready: () => lane.wake(),
      },
    )
    const lane = new Lane(
      {
        number: index,
        windowMax: options.query_mode === 'sync' ? 1 : options.inflight_window,
        batchMax: options.batch_size,
        batchBytesMax: options.max_batch_bytes,
        batchTimeMs: options.batch_time,
        ttlMs: options.request_ttl,
        retryMostMs: Math.min(options.health_check_interval, 10_000),
        replayPerSecond: replayShare(options.replay_rate, place),
      },
      buffer,
      {
        counters,
        nowMs: Date.now,
        monotonicMs: () => performance.now(),
        random: Math.random,
        lost: (record, failure) => this.#lost(record, failure),
        delayed: (reason) => this.#complain('action_delayed', reason),
        troubled: () => this.#connector?.suspect(),
      },
    )
    return lane
  }

  #openLog(place: BufferPlace, index: number): DiskLog {
    const action = `${this.type}:${this.name}`
    const log = new DiskLog(laneFolder(place, index), {
      writeFailed: (reason) => this.#complain('action_buffer_not_written', reason),
      damaged: (segment, bytes) => {
        this.#host.log.error('action_buffer_damaged', { action, segment, bytes })
      },
    })
    try {
      adoptLeftovers(place, index, log)
    } catch (error) {
      // The next start tries again.
      this.#host.log.error('action_buffer_not_taken_over', { action, reason: reasonOf(error) })
    }
    return log
  }

  async #openSink(): Promise<void> {
    const client = this.#client
    const definition = this.#definition.sink
    await this.#closing
    if (client === undefined || definition === undefined || client !== this.#client) return
    const context: SinkContext = {
      ...this.#host,
      name: this.name,
      folder: join(this.#host.bufferFolder, this.type, this.name),
      lost: () => this.#connector?.suspect(),
    }
    try {
      const { parameters } = this.#config
      // The parameters were decoded by the description of this connector, which made the client.
      const sink = await definition.open(parameters as never, client.value as never, context)
      if (this.#client !== client || this.#isClosed) {
        await this.#closeSink(sink)
        return
      }
      this.#failure = undefined
      this.#useSink(sink)
    } catch (error) {
      if (this.#client !== client || this.#isClosed) return
      this.#failure = reasonOf(error)
      this.#complain('action_not_opened', this.#failure)
      const { health_check_interval: pauseMs } = this.#config.resource_opts
      this.#timer = setTimeout(() => void this.#openSink(), pauseMs)
    }
  }

  #useSink(sink: Sink | undefined): void {
    const former = this.#sink
    this.#sink = sink
    for (const lane of this.#lanes) lane.use(sink)
    this.#closing = this.#closing.then(() => this.#closeSink(former))
  }

  async #closeSink(sink: Sink | undefined): Promise<void> {
    try {
      await sink?.close?.()
    } catch (error) {
      this.#complain('action_not_closed', reasonOf(error))
    }
  }

  #drop(record: QueuedRecord, counter: ActionCounter, reason: string): void {
    add(this.counters, ActionCounter.DROPPED)
    add(this.counters, counter)
    this.#lost(record, { kind: 'dropped', reason })
  }

  #lost({ record, done, isFallback }: QueuedRecord, failure: DeliveryFailure): void {
    this.#complain('action_failed', failure.reason)
    const { fallback_actions: others } = this.#config
    try {
      if (others.length > 0 && !isFallback) this.#host.fallBack(others, record)
    } catch (error) {
      this.#complain('action_without_fallback', reasonOf(error))
    }
    done?.(failure)
  }

  #complain(event: string, reason: string): void {
    const nowMs = performance.now()
    if (nowMs < this.#quietUntilMs) return
    this.#quietUntilMs = nowMs + LOG_INTERVAL_MS
    const log: Log = this.#host.log
    log.warn(event, { action: `${this.type}:${this.name}`, reason })
  }
}

/** What one of the queues of all shards may send of the rate of the action; 0: no limit. */
function replayShare(perSecond: number, { lanes, shardCount }: BufferPlace): number {
  return perSecond === 0 ? Infinity : perSecond / (lanes * shardCount)
}
