import type { AdministrationMethod } from '#access/administration/access-administration.ts'
import type { AccessReport, ShardAccess } from '#access/shard-access.ts'
import type { ControlMessage, KvStore, Log, StoreFailure } from '#broker/ports.ts'
import type { ShardOperator } from '#broker/operator/shard-operator.ts'
import type { Shard } from '#broker/shard/shard.ts'
import type { ListenerHost } from '#listeners/listener-host.ts'
import type { ListenerOptions } from '#listeners/listener-options.ts'
import type { SlotCounter } from '#listeners/slot-counter.ts'
import { LoopWatch, type ShardHealth } from './loop-watch.ts'
import type { OverloadSampler } from './overload-sampler.ts'
import { isSliced, runSliced } from './run-sliced.ts'
import type { IntegrationHost } from '#integrations/integration-host.ts'
import type { IntegrationCommand } from '#integrations/integration-spec.ts'
import type { RuleEngine, RuleEngineSettings } from '#streams/rules/rule-engine.ts'
import type { MessagePipeline, PipelineSpecs } from '#streams/pipeline/message-pipeline.ts'
import type { SchemaRegistry } from '#streams/schemas/schema-registry.ts'
import type { SchemaSpec } from '#streams/schemas/schema-spec.ts'
import type { LiveTestSpec } from '#streams/rules/live-test.ts'
import type { RuleTrial } from '#streams/rules/rule-trial.ts'
import type { ValueMap } from '#plugin/value.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'
import type { MessageTracer } from '#streams/tracing/message-tracer.ts'
import type { SpanBatch } from '#streams/tracing/span-buffer.ts'
import type { ShardSettings } from './shard-start.ts'
import type { SysPublisher } from './sys-publisher.ts'

/** Operations of a shard by name. */
export type OperationName = keyof ShardOperator

/** What is to be done with rules. */
export type RuleCommand =
  | { readonly kind: 'put'; readonly spec: RuleSpec }
  | { readonly kind: 'remove'; readonly id: string }
  | { readonly kind: 'counters' }
  | { readonly kind: 'reset'; readonly id: string }
  | {
      readonly kind: 'configure'
      readonly settings: RuleEngineSettings
      readonly schemas: readonly SchemaSpec[]
      readonly pipeline: PipelineSpecs
    }
  | { readonly kind: 'pipeline counters' }
  | {
      readonly kind: 'reset pipeline'
      readonly of: keyof PipelineSpecs
      readonly name: string
    }
  | { readonly kind: 'try'; readonly id: string; readonly trial: RuleTrial }
  | { readonly kind: 'trace'; readonly ids: readonly string[] }
  | { readonly kind: 'traced' }
  | { readonly kind: 'start live test'; readonly test: LiveTestSpec }
  | { readonly kind: 'take live tested'; readonly id: string }
  | { readonly kind: 'end live test'; readonly id: string }
  | { readonly kind: 'happened'; readonly event: string; readonly columns: ValueMap }

/** What the coordinator asks of a shard, wherever that runs. */
export interface ShardControl {
  /** Loads the stored sessions. Connections that come meanwhile wait at the open ports. */
  start(): Promise<void>
  /** Serves connections from now on. When all shards have started. */
  serve(): Promise<void>
  /**
   * Opens a listener and returns its port.
   * @param place of its counter of connections in the shared memory
   */
  listen(options: ListenerOptions, place: number): Promise<number>
  /** Closes a listener and its connections; false when there is none. */
  unlisten(id: string): Promise<boolean>
  /** Has a listener go by other options of the same socket. Rejects with a TlsConfigError. */
  relisten(options: ListenerOptions): Promise<void>
  /** Takes changed rules and certificates into use. Broken ones are logged and left alone. */
  reload(): Promise<void>
  /** Has bans or stored rules shown or changed. Of the first shard only. */
  administer(method: AdministrationMethod, args: readonly unknown[]): Promise<unknown>
  /** Has an operation of the shard's `ShardOperator` done. */
  operate(operation: OperationName, args: readonly unknown[]): Promise<unknown>
  /** Changes the rules, or asks for their numbers. */
  rules(command: RuleCommand): Promise<unknown>
  /** Changes connectors, actions and sources, or asks how they do. */
  integrations(command: IntegrationCommand): Promise<unknown>
  /**
   * Obeys other settings. Rejects when they cannot work; some of them may hold then, so that the
   * former ones are to be sent again.
   */
  configure(settings: ShardSettings): Promise<void>
  /** How the backends of access control are doing. */
  accessReport(): Promise<AccessReport>
  /** Takes out the spans of traces that wait to be exported. */
  takeSpans(): Promise<SpanBatch>
  /** How the thread is doing, since it was asked last. */
  health(): Promise<ShardHealth>
  /** Accepts nothing more, tells all clients that the server goes, and stores what they left. */
  stop(): Promise<void>
  /** Stores what siblings sent meanwhile and lets everything go. After `stop` of all shards. */
  close(): Promise<void>
}

/** A store that can be closed. */
export interface ClosableStore extends KvStore {
  close(): Promise<StoreFailure | undefined>
}

/** The parts of a shard, as the composition root made them. */
export interface ShardParts {
  readonly shard: Shard
  readonly store: ClosableStore
  readonly listeners: ListenerHost
  readonly rules: RuleEngine
  readonly integrations: IntegrationHost
  readonly schemas: SchemaRegistry
  readonly pipeline: MessagePipeline
  readonly tracer: MessageTracer
  readonly access: ShardAccess
  /** Watches for overload, where that is asked for. */
  readonly overload: OverloadSampler
  readonly log: Log
  readonly slotsOf: (place: number) => SlotCounter
  /** In one of the shards. */
  readonly sys: SysPublisher | undefined
}

const ADVANCE_MS = 100
/** Longest time connections get to take the last bytes. */
const LAST_BYTES_MS = 1000
const LAST_BYTES_CHECK_MS = 10

/** Runs a shard in this thread: ticks, time, listeners, start and stop. */
export class ShardRuntime implements ShardControl {
  readonly #ticker: Ticker
  readonly #loopWatch = new LoopWatch()
  #parts: ShardParts | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(ticker: Ticker) {
    this.#ticker = ticker
  }

  /** Sets the parts, which need `ticker.request` to be made. */
  use(parts: ShardParts): void {
    this.#parts = parts
    parts.listeners.hold()
    this.#ticker.run = () => parts.shard.endOfTick()
  }

  /** Takes in a batch of a sibling. */
  receiveBatch(from: number, items: readonly (Buffer | ControlMessage)[]): void {
    this.#need().shard.receiveBatch(from, items)
  }

  async start(): Promise<void> {
    const { shard } = this.#need()
    this.#timer = setInterval(() => shard.advance(), ADVANCE_MS)
    await new Promise<void>((resolve) => shard.start(resolve))
  }

  serve(): Promise<void> {
    const { listeners, overload, sys } = this.#need()
    listeners.serve()
    overload.start()
    sys?.start()
    return Promise.resolve()
  }

  listen(options: ListenerOptions, place: number): Promise<number> {
    const { listeners, slotsOf } = this.#need()
    return listeners.start(options, slotsOf(place))
  }

  unlisten(id: string): Promise<boolean> {
    return this.#need().listeners.stop(id)
  }

  async relisten(options: ListenerOptions): Promise<void> {
    this.#need().listeners.update(options)
  }

  async reload(): Promise<void> {
    const { access, listeners } = this.#need()
    access.reload()
    listeners.reloadCertificates()
  }

  async administer(method: AdministrationMethod, args: readonly unknown[]): Promise<unknown> {
    const { administration } = this.#need().access
    if (administration === undefined) throw new Error('bans and rules are kept by the first shard')
    const run = administration[method] as (...args: readonly unknown[]) => Promise<unknown>
    return run.apply(administration, [...args])
  }

  async operate(name: OperationName, args: readonly unknown[]): Promise<unknown> {
    const { operator } = this.#need().shard
    const operation = operator[name] as (...args: readonly unknown[]) => unknown
    const result = operation.apply(operator, [...args])
    return isSliced(result) ? runSliced(result) : result
  }

  rules(command: RuleCommand): Promise<unknown> {
    return Promise.resolve(runRuleCommand(this.#need(), command))
  }

  integrations(command: IntegrationCommand): Promise<unknown> {
    return this.#need().integrations.run(command)
  }

  takeSpans(): Promise<SpanBatch> {
    return Promise.resolve(this.#need().tracer.take())
  }

  async configure({ broker, access, overload, tracing }: ShardSettings): Promise<void> {
    const parts = this.#need()
    parts.access.configure(access)
    parts.shard.configure(broker)
    parts.overload.configure(overload)
    parts.tracer.configure(tracing)
  }

  async accessReport(): Promise<AccessReport> {
    return this.#need().access.report()
  }

  async health(): Promise<ShardHealth> {
    const { store } = this.#need()
    return this.#loopWatch.read(store)
  }

  async stop(): Promise<void> {
    const { shard, listeners, sys } = this.#need()
    sys?.stop()
    await listeners.closePorts()
    await new Promise<void>((resolve) => shard.stop(resolve))
    const endsAtMs = performance.now() + LAST_BYTES_MS
    while (listeners.connectionCount > 0 && performance.now() < endsAtMs) {
      await new Promise((resolve) => setTimeout(resolve, LAST_BYTES_CHECK_MS))
    }
  }

  async close(): Promise<void> {
    const { store, log, access, overload } = this.#need()
    overload.stop()
    clearInterval(this.#timer)
    this.#loopWatch.stop()
    this.#ticker.runNow()
    await Promise.all([access.close(), this.#need().integrations.close()])
    const failure = await store.close()
    if (failure !== undefined) log.error('storage_not_closed', { reason: failure.message })
  }

  /** After a failure of the shard itself: saves what can be saved within a time limit. */
  async salvage(limitMs: number): Promise<void> {
    const { store } = this.#need()
    clearInterval(this.#timer)
    this.#ticker.stop()
    const saved = new Promise<void>((resolve) => {
      store.barrier(() => resolve())
      store.commit()
    })
    await Promise.race([saved, new Promise((resolve) => setTimeout(resolve, limitMs))])
  }

  #need(): ShardParts {
    if (this.#parts === undefined) throw new Error('the shard has no parts yet')
    return this.#parts
  }
}

/** @throws SqlError, RuleError */
function runRuleCommand({ rules, schemas, pipeline }: ShardParts, command: RuleCommand): unknown {
  switch (command.kind) {
    case 'put':
      return rules.put(command.spec)
    case 'remove':
      return rules.remove(command.id)
    case 'counters':
      return rules.counters()
    case 'reset':
      return rules.resetCounters(command.id)
    case 'configure':
      schemas.configure(command.schemas)
      pipeline.configure(command.pipeline)
      return rules.configure(command.settings)
    case 'pipeline counters':
      return pipeline.counters()
    case 'reset pipeline':
      return pipeline.resetCounters(command.of, command.name)
    case 'try':
      return rules.try(command.id, command.trial)
    case 'trace':
      return rules.trace(command.ids)
    case 'traced':
      return rules.takeTraced()
    case 'start live test':
      return rules.startLiveTest(command.test)
    case 'take live tested':
      return rules.takeLiveTested(command.id)
    case 'end live test':
      return rules.endLiveTest(command.id)
    case 'happened':
      return rules.happened(command.event, { ...command.columns }, '')
  }
}

/** Ends ticks: once per iteration of the event loop, after all input of it was read. */
export class Ticker {
  run: () => void = () => {}
  #isPending = false
  #isStopped = false
  readonly #end: () => void

  constructor() {
    this.#end = () => this.runNow()
  }

  /** Asks for the end of this tick. Immediates run right after all sockets have been read. */
  readonly request = (): void => {
    if (this.#isPending) return
    this.#isPending = true
    setImmediate(this.#end)
  }

  runNow(): void {
    this.#isPending = false
    if (!this.#isStopped) this.run()
  }

  stop(): void {
    this.#isStopped = true
  }
}
