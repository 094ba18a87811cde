import { join } from 'node:path'
import type { FallbackConfig } from '#config/fields/integrations/integration.ts'
import type { AnyConnector, Sink, SinkContext, Source } from '#plugin/define-connector.ts'
import { getKey } from '#plugin/value.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import type { RuleAction } from '#streams/rules/action.ts'
import { toText } from '#streams/values/to-text.ts'
import { connectorOf } from './catalog.ts'
import type {
  IntegrationCommand,
  IntegrationId,
  IntegrationReading,
  IntegrationSpec,
} from './integration-spec.ts'
import { resetActionCounters } from './runtime/action-counters.ts'
import { ActionRuntime } from './runtime/action-runtime.ts'
import { HeldRecords } from './runtime/held-records.ts'
import type { RecordTaker } from './runtime/held-records.ts'
import { removeBuffers } from './runtime/buffer-folders.ts'
import { ConnectorRuntime, reasonOf, withLimit } from './runtime/connector-runtime.ts'
import type { ConnectorHost } from './runtime/connector-runtime.ts'
import { SourceRuntime } from './runtime/source-runtime.ts'

/** What integrations need of their shard. */
export interface IntegrationPorts extends ConnectorHost {
  /** Folder where the buffers of actions are. */
  readonly bufferFolder: string
  /** Hands a record to the rules that read this source. */
  feed(source: string, record: ValueMap): void
  /** Publishes what an action could not deliver. */
  republish(args: ValueMap, record: ValueMap): void
}

/** Nothing is written there: a trial sends no records. */
const PROBE_FOLDER = 'probe'
const PROBE_LIMIT_MS = 10_000

/** The connectors, actions and sources of one shard. What fails in one harms no other. */
export class IntegrationHost {
  readonly #ports: IntegrationPorts
  readonly #connectors = new Map<string, ConnectorRuntime>()
  readonly #actions = new Map<string, ActionRuntime>()
  readonly #sources = new Map<string, SourceRuntime>()
  readonly #specs = new Map<string, IntegrationSpec>()
  readonly #forRules = new Map<string, RuleAction>()
  /** What comes for actions that are being made anew. */
  readonly #held = new Map<string, HeldRecords>()
  /** Changes are made one after the other. */
  #changes: Promise<unknown> = Promise.resolve()

  constructor(ports: IntegrationPorts, specs: readonly IntegrationSpec[]) {
    this.#ports = ports
    const order = { connector: 0, action: 1, source: 2 }
    for (const spec of specs.toSorted((a, b) => order[a.kind] - order[b.kind])) this.#start(spec)
  }

  /** The action of an id such as `http:orders`, for rules; undefined when there is none. */
  readonly findAction = (id: string): RuleAction | undefined => this.#forRules.get(id)

  /** Does what is asked; waits for changes before. */
  run(command: IntegrationCommand): Promise<unknown> {
    if (command.do === 'read') return Promise.resolve(this.#read())
    if (command.do === 'probe') return this.#probe(command.spec, command.connector)
    const change = this.#changes.then(() => this.#change(command))
    this.#changes = change.catch(() => {})
    return change
  }

  /** Keeps what can be kept, and lets go. */
  async close(): Promise<void> {
    await this.#changes
    await Promise.all([...this.#sources.values()].map((source) => source.close()))
    await Promise.all([...this.#actions.values()].map((action) => action.close()))
    await Promise.all([...this.#connectors.values()].map((connector) => connector.close()))
  }

  async #change(command: IntegrationCommand): Promise<unknown> {
    switch (command.do) {
      case 'put':
        return this.#put(command.spec)
      case 'remove':
        return this.#remove(command.id)
      case 'start':
        return this.#restart(command.id)
      case 'reset': {
        const runtime = this.#counting(command.id)
        if (runtime !== undefined) resetActionCounters(runtime.counters)
        return undefined
      }
      default:
        return undefined
    }
  }

  async #put(spec: IntegrationSpec): Promise<void> {
    const { counters } = this.#counting(spec) ?? {}
    const held = this.#hold(spec)
    try {
      await this.#stop(spec)
      this.#start(spec)
      if (counters !== undefined) this.#counting(spec)?.counters.set(counters)
      if (spec.kind === 'connector') this.#connectUsers(spec)
    } finally {
      const action = this.#actions.get(idOf(spec))
      this.#held.delete(idOf(spec))
      held?.release(action)
      action?.countRefused(held?.refused ?? 0)
    }
  }

  async #remove(id: IntegrationId): Promise<void> {
    if (id.kind === 'action') this.#forRules.delete(idOf(id))
    await this.#stop(id)
    this.#specs.delete(keyOf(id))
    if (id.kind === 'action') await removeBuffers(this.#ports.bufferFolder, id.type, id.name)
    if (id.kind === 'connector') this.#connectUsers(id)
  }

  /** Keeps what rules send while an action is made anew. */
  #hold(spec: IntegrationSpec): HeldRecords | undefined {
    const former = this.#actions.get(idOf(spec))
    if (spec.kind !== 'action' || former === undefined) return undefined
    const held = new HeldRecords()
    this.#held.set(idOf(spec), held)
    this.#forRules.set(idOf(spec), forRules(held, idOf(spec), former.isEnabled))
    return held
  }

  async #restart(id: IntegrationId): Promise<void> {
    const spec = this.#specs.get(keyOf(id))
    if (spec === undefined) return
    const connector =
      spec.kind === 'connector'
        ? this.#connectors.get(idOf(spec))
        : this.#connectors.get(`${spec.type}:${spec.config.connector}`)
    await connector?.restart()
  }

  #start(spec: IntegrationSpec): void {
    const { type, name } = spec
    const definition = connectorOf(type)
    if (definition === undefined) return
    this.#specs.set(keyOf(spec), spec)
    const ports = this.#ports
    if (spec.kind === 'connector') {
      const connector = new ConnectorRuntime(definition, name, spec.config, ports)
      this.#connectors.set(idOf(spec), connector)
      return
    }
    const connector = this.#connectors.get(`${type}:${spec.config.connector}`)
    if (spec.kind === 'action') {
      const host = { ...ports, fallBack: this.#fallBack }
      const action = new ActionRuntime(definition, name, spec.config, host)
      action.connect(connector)
      this.#actions.set(idOf(spec), action)
      this.#forRules.set(idOf(spec), forRules(action, idOf(spec), action.isEnabled))
      return
    }
    const isElsewhere = ports.shard !== 0 && definition.source?.everywhere !== true
    const host = { ...ports, feed: this.#feed }
    const source = new SourceRuntime(definition, name, spec.config, host, isElsewhere)
    source.connect(connector)
    this.#sources.set(idOf(spec), source)
  }

  async #stop(id: IntegrationId): Promise<void> {
    const key = idOf(id)
    if (id.kind === 'connector') {
      await this.#connectors.get(key)?.close()
      this.#connectors.delete(key)
    } else if (id.kind === 'action') {
      await this.#actions.get(key)?.close()
      this.#actions.delete(key)
    } else {
      await this.#sources.get(key)?.close()
      this.#sources.delete(key)
    }
  }

  #connectUsers({ type, name }: IntegrationId): void {
    const connector = this.#connectors.get(`${type}:${name}`)
    for (const user of [...this.#actions.values(), ...this.#sources.values()]) {
      if (user.type === type && user.connectorName === name) user.connect(connector)
    }
  }

  #counting(id: IntegrationId): ActionRuntime | SourceRuntime | undefined {
    return id.kind === 'action' ? this.#actions.get(idOf(id)) : this.#sources.get(idOf(id))
  }

  #read(): readonly IntegrationReading[] {
    const readings: IntegrationReading[] = []
    for (const { kind, type, name } of this.#specs.values()) {
      const id = { kind, type, name }
      if (kind === 'connector') {
        const connector = this.#connectors.get(idOf(id))
        if (connector !== undefined)
          readings.push({ ...id, status: connector.status, counters: [] })
      } else {
        const runtime = this.#counting(id)
        if (runtime === undefined) continue
        readings.push({ ...id, status: runtime.status, counters: runtime.read() })
      }
    }
    return readings
  }

  /** Tries a configuration without keeping it; what is wrong with it, or undefined. */
  async #probe(spec: IntegrationSpec, connector: IntegrationSpec): Promise<string | undefined> {
    const definition = connectorOf(spec.type)
    if (definition === undefined) return `there is no type ${spec.type}`
    const folder = join(this.#ports.bufferFolder, PROBE_FOLDER)
    const context = { ...this.#ports, name: `probe-${connector.name}`, folder, lost: () => {} }
    try {
      await withLimit(PROBE_LIMIT_MS, (signal) => {
        return tryOut(definition, spec, connector, context, signal)
      })
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }

  readonly #feed = (type: string, name: string, record: ValueMap): void => {
    for (const root of ['$bridges', '$sources']) {
      try {
        this.#ports.feed(`${root}/${type}:${name}`, record)
      } catch (error) {
        const source = `${type}:${name}`
        this.#ports.log.error('source_record_failed', { source, reason: reasonOf(error) })
      }
    }
  }

  /** What a fallback action cannot deliver either is given up. */
  readonly #fallBack = (actions: readonly FallbackConfig[], record: ValueMap): void => {
    for (const fallback of actions) {
      if (fallback.kind === 'republish') this.#ports.republish({ ...fallback.args }, record)
      else {
        const id = `${fallback.type}:${fallback.name}`
        const taker: RecordTaker | undefined = this.#held.get(id) ?? this.#actions.get(id)
        const key = toText(getKey(record, 'clientid'))
        taker?.run(record, key, undefined, true)
      }
    }
  }
}

function idOf({ type, name }: IntegrationId): string {
  return `${type}:${name}`
}

function keyOf(id: IntegrationId): string {
  return `${id.kind} ${idOf(id)}`
}

function forRules(to: RecordTaker, label: string, isOn: boolean): RuleAction {
  return {
    label,
    run(output, { row }, done) {
      const client: Value = row.column('clientid')
      to.run(output, client === undefined ? '' : toText(client), (failure) => {
        if (failure === undefined) done()
        else if (!isOn) done({ kind: 'discarded', reason: failure.reason })
        else {
          const kind = failure.kind === 'dropped' ? 'out_of_service' : 'unknown'
          done({ kind, reason: failure.reason })
        }
      })
    },
  }
}

async function tryOut(
  definition: AnyConnector,
  spec: IntegrationSpec,
  connector: IntegrationSpec,
  context: SinkContext,
  signal: AbortSignal,
): Promise<void> {
  // What is tried was decoded by the description of this very connector.
  const client = await definition.open(connector.config as never, context, signal)
  let part: Sink | Source | undefined
  try {
    await definition.check(client as never, signal)
    if (spec.kind === 'connector') return
    const parameters = spec.config.parameters as never
    if (spec.kind === 'action') {
      part = await definition.sink?.open(parameters, client as never, context)
    } else {
      const listening = { ...context, emit: () => {} }
      part = await definition.source?.open(parameters, client as never, listening)
    }
  } finally {
    await part?.close?.()
    await definition.close(client as never)
  }
}
