import { totalmem } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { AdministrationMethod } from '#access/administration/access-administration.ts'
import type { AccessReport } from '#access/shard-access.ts'
import { type BusEnds } from '#fabric/shard/bus.ts'
import { portsOf } from '#fabric/shard/bus-ends.ts'
import type { IntegrationCommand } from '#integrations/integration-spec.ts'
import type { LogRecord } from '#kernel/system/log-record.ts'
import type { ListenerOptions } from '#listeners/listener-options.ts'
import type { SpanBatch } from '#streams/tracing/span-buffer.ts'
import type { PlainError, ShardCall, ShardReport, ShardThreadData } from './shard-messages.ts'
import type { OperationName, RuleCommand, ShardControl } from './shard-runtime.ts'
import type { ShardHealth } from './loop-watch.ts'
import type { ShardSettings, ShardStart } from './shard-start.ts'

/** What a shard thread tells without being asked. */
export interface WorkerShardEvents {
  log(record: LogRecord): void
  /** The thread failed and has ended, or is about to. */
  failed(text: string): void
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const MEGABYTE = 1024 * 1024
const HEAP_MB_MIN = 1024
/** Part of the memory of the machine that the heaps of all shards together may take. */
const HEAP_SHARE = 0.75
/** Room for new objects: large enough that most messages die there. */
const YOUNG_MB = 48

/** A shard in a thread of its own. */
export class WorkerShard implements ShardControl {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #events: WorkerShardEvents
  readonly #ended: Promise<void>
  #nextId = 1
  #isClosing = false
  #failure: Error | undefined

  constructor(start: ShardStart, bus: BusEnds, events: WorkerShardEvents) {
    this.#events = events
    const heapMb = Math.floor((totalmem() * HEAP_SHARE) / MEGABYTE / start.shardCount)
    const workerData: ShardThreadData = { start, bus }
    this.#worker = new Worker(new URL('./shard-main.ts', import.meta.url), {
      name: `shard-${start.shard}`,
      workerData,
      transferList: [...portsOf(bus)],
      resourceLimits: {
        maxOldGenerationSizeMb: Math.max(HEAP_MB_MIN, heapMb),
        maxYoungGenerationSizeMb: YOUNG_MB,
      },
    })
    this.#worker.on('message', (report: ShardReport) => this.#reported(report))
    this.#worker.on('error', (error: Error) => this.#failed(error.stack ?? error.message))
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        if (!this.#isClosing) this.#failed(`the thread ended with code ${code}`)
        resolve()
      })
    })
  }

  async start(): Promise<void> {
    await this.#call('start')
  }

  async serve(): Promise<void> {
    await this.#call('serve')
  }

  async listen(options: ListenerOptions, place: number): Promise<number> {
    return (await this.#call('listen', options, place)) as number
  }

  async unlisten(id: string): Promise<boolean> {
    return (await this.#call('unlisten', id)) as boolean
  }

  async relisten(options: ListenerOptions): Promise<void> {
    await this.#call('relisten', options)
  }

  async reload(): Promise<void> {
    await this.#call('reload')
  }

  administer(method: AdministrationMethod, args: readonly unknown[]): Promise<unknown> {
    return this.#call('administer', method, args)
  }

  operate(operation: OperationName, args: readonly unknown[]): Promise<unknown> {
    return this.#call('operate', operation, args)
  }

  async rules(command: RuleCommand): Promise<unknown> {
    return this.#call('rules', command)
  }

  async integrations(command: IntegrationCommand): Promise<unknown> {
    return this.#call('integrations', command)
  }

  async configure(settings: ShardSettings): Promise<void> {
    await this.#call('configure', settings)
  }

  async accessReport(): Promise<AccessReport> {
    return (await this.#call('accessReport')) as AccessReport
  }

  async takeSpans(): Promise<SpanBatch> {
    return (await this.#call('takeSpans')) as SpanBatch
  }

  async health(): Promise<ShardHealth> {
    return (await this.#call('health')) as ShardHealth
  }

  async stop(): Promise<void> {
    await this.#call('stop')
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) await this.#call('close')
    // A thread that failed saves what it can, and ends by itself.
    else await this.#ended
    this.#isClosing = true
    await this.#worker.terminate()
  }

  #call(method: ShardCall['method'], ...args: readonly unknown[]): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, method, args } satisfies ShardCall)
    })
  }

  #reported(report: ShardReport): void {
    switch (report.kind) {
      case 'log':
        return this.#events.log(report.record)
      case 'fatal':
        return this.#failed(report.text)
      case 'answer':
        return this.#take(report.id)?.resolve(report.value)
      case 'failure':
        return this.#take(report.id)?.reject(toError(report.error))
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  #failed(text: string): void {
    if (this.#isClosing || this.#failure !== undefined) return
    this.#failure = new Error(`a shard failed: ${text}`)
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
    this.#events.failed(text)
  }
}

function toError({ name, message, code }: PlainError): Error {
  const error = new Error(message)
  error.name = name
  return code === undefined ? error : Object.assign(error, { code })
}
