import type { HookedConnection, PublishVerdict } from '#broker/hooks.ts'
import { Message } from '#broker/message.ts'
import { Metric } from '#broker/metrics.ts'
import type { Clock, Log } from '#broker/ports.ts'
import type { TopicEntry } from '#broker/router/topic-entry.ts'
import type { Broker } from '#broker/shard/broker.ts'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import { buildProperties } from '#codec/mqtt/property-decode.ts'
import type { UserProperty } from '#codec/mqtt/properties.ts'
import type { FunctionServices } from '#plugin/define-function.ts'
import type { MutableValueMap, ValueMap } from '#plugin/value.ts'
import { MessageRow } from '../rules/message-row.ts'
import type { RowContext } from '../rules/message-row.ts'
import { withUserProperties } from '../rules/property-names.ts'
import { toText } from '../values/to-text.ts'
import { DraftMessage } from './draft-message.ts'
import { makeValidation } from './make-check.ts'
import { bytesOf, makeTransformation } from './make-transformation.ts'
import type { TransformationSpec, ValidationSpec } from './pipeline-spec.ts'
import { makeStep, type PipelineStep, StepCounter } from './pipeline-step.ts'

/** What the pipeline needs of its shard. */
export interface PipelinePorts {
  readonly broker: Broker
  readonly clock: Clock
  readonly log: Log
  readonly services: FunctionServices
  readonly rows: RowContext
  /** Tells rules that a message failed. */
  happened(event: string, columns: MutableValueMap, publisher: string): void
}

/** The steps of a node, in their order. */
export interface PipelineSpecs {
  readonly validations: readonly ValidationSpec[]
  readonly transformations: readonly TransformationSpec[]
}

/** Topics of which the steps are remembered. */
const TOPICS_MAX = 10_000
/** A step that fails for every message is logged so often. */
const LOG_INTERVAL_MS = 1_000

/**
 * Validations and then transformations of the messages that enter a shard, before they are
 * retained, routed, and seen by rules. Without any enabled step the broker does not come here.
 */
export class MessagePipeline {
  readonly #ports: PipelinePorts
  #steps: readonly PipelineStep[]
  readonly #byTopic: Map<TopicEntry, readonly PipelineStep[]>

  /** @throws SqlError, PipelineError when a step is wrong */
  constructor(ports: PipelinePorts, specs: PipelineSpecs) {
    this.#ports = ports
    this.#steps = []
    this.#byTopic = new Map()
    this.configure(specs)
  }

  /**
   * Has exactly these steps from now on; numbers of those that stay go on.
   * @throws SqlError, PipelineError when one is wrong; nothing is changed then
   */
  configure(specs: PipelineSpecs): void {
    const steps = makeSteps(specs)
    for (const step of steps) {
      const former = this.#steps.find((one) => isSame(one, step))
      if (former !== undefined) step.counters.set(former.counters)
    }
    this.#steps = steps
    this.#byTopic.clear()
    const isUsed = steps.some(({ spec }) => spec.enable)
    this.#ports.broker.core.hooks.decide(
      'pipeline',
      isUsed ? (message, connection) => this.#pass(message, connection) : undefined,
    )
  }

  /** Numbers of each step, in the order of `STEP_COUNTER_NAMES`, validations first. */
  counters(): PipelineCounters {
    const of = (isCheck: boolean): Readonly<Record<string, readonly number[]>> => {
      const steps = this.#steps.filter(({ check }) => (check !== undefined) === isCheck)
      return Object.fromEntries(steps.map(({ spec, counters }) => [spec.name, [...counters]]))
    }
    return { validations: of(true), transformations: of(false) }
  }

  /** Sets the numbers of a step to zero. */
  resetCounters(kind: keyof PipelineSpecs, name: string): void {
    for (const { spec, check, counters } of this.#steps) {
      const isOfKind = (check !== undefined) === (kind === 'validations')
      if (isOfKind && spec.name === name) counters.fill(0)
    }
  }

  #pass(message: Message, connection: HookedConnection | undefined): PublishVerdict {
    const steps = this.#byTopic.get(message.topic) ?? this.#remember(message.topic)
    if (steps.length === 0) return message
    const { metrics } = this.#ports.broker.core
    let present = message
    // One row serves all steps until the message is another one: its payload is read once.
    let row = this.#row(message, connection)
    let isChecked = false
    let isChanged = false
    for (const step of steps) {
      step.counters[StepCounter.MATCHED]! += 1 // Indexes come from the table, here and below.
      const result =
        step.check === undefined
          ? this.#transform(step, present, row)
          : (step.check(row, this.#ports.services) ?? present)
      if (typeof result !== 'string') {
        step.counters[StepCounter.SUCCEEDED]! += 1
        if (step.check !== undefined) isChecked = true
        else {
          isChanged = true
          present = result
          row = this.#row(present, connection)
        }
        continue
      }
      this.#failed(step, present, row, result)
      if (step.spec.failureAction !== 'ignore') return step.spec.failureAction
    }
    if (isChecked) metrics.increment(Metric.MESSAGES_VALIDATION_SUCCEEDED)
    if (isChanged) metrics.increment(Metric.MESSAGES_TRANSFORMATION_SUCCEEDED)
    return present
  }

  /** The message as the step makes it, or why it cannot. */
  #transform(step: PipelineStep, message: Message, row: MessageRow): Message | string {
    const { properties } = message
    const { userProperties = [] } = buildProperties(properties, 0, properties.length)
    const before = Object.fromEntries(userProperties)
    const parts = {
      topic: message.topic.topic,
      qos: message.qos,
      retain: message.retain,
      payload: row.column('payload'),
      userProperties: before,
    }
    const failure = step.transform?.(new DraftMessage(row, parts), this.#ports.services)
    if (failure !== undefined) return failure
    const changed = new Message(
      this.#ports.broker.core.router.entryFor(parts.topic),
      bytesOf(parts.payload),
      parts.qos,
      parts.retain,
      parts.userProperties === before
        ? Buffer.from(properties)
        : withUserProperties(properties, pairsOf(parts.userProperties, userProperties)),
      message.expiresAtMs,
      message.publisher,
      message.receivedAtMs,
      false,
    )
    changed.origin = message.origin
    changed.checkOrigin = message.checkOrigin
    changed.print = message.print
    return changed
  }

  #failed(step: PipelineStep, message: Message, row: MessageRow, reason: string): void {
    const { broker, happened } = this.#ports
    const { name } = step.spec
    const isCheck = step.check !== undefined
    step.counters[StepCounter.FAILED]! += 1 // The index comes from the table.
    broker.core.metrics.increment(
      isCheck ? Metric.MESSAGES_VALIDATION_FAILED : Metric.MESSAGES_TRANSFORMATION_FAILED,
    )
    this.#logFailure(step, message, reason)
    const columns = row.toMap()
    columns[isCheck ? 'validation' : 'transformation'] = name
    const event = isCheck ? 'schema.validation_failed' : 'message.transformation_failed'
    happened(event, columns, message.publisher)
  }

  #logFailure(step: PipelineStep, message: Message, reason: string): void {
    const { clock, log } = this.#ports
    const { logLevel, name } = step.spec
    const nowMs = clock.monotonicMs()
    if (logLevel === 'none' || nowMs < step.quietUntilMs) return
    step.quietUntilMs = nowMs + LOG_INTERVAL_MS
    const isCheck = step.check !== undefined
    const fields = { clientid: message.publisher, topic: message.topic.topic, reason }
    if (isCheck) log[logLevel]('validation_failed', { validation: name, ...fields })
    else log[logLevel]('message_transformation_failed', { transformation: name, ...fields })
  }

  #row(message: Message, connection: HookedConnection | undefined): MessageRow {
    return new MessageRow(message, connection, this.#ports.rows)
  }

  #remember(topic: TopicEntry): readonly PipelineStep[] {
    const steps = this.#steps.filter(({ spec }) => {
      return spec.enable && spec.topics.some((filter) => matchesFilter(filter, topic.topic))
    })
    if (this.#byTopic.size >= TOPICS_MAX) this.#byTopic.clear()
    this.#byTopic.set(topic, steps)
    return steps
  }
}

/** Numbers of each step by its name. */
export interface PipelineCounters {
  readonly validations: Readonly<Record<string, readonly number[]>>
  readonly transformations: Readonly<Record<string, readonly number[]>>
}

/** @throws SqlError, PipelineError when one is wrong */
function makeSteps({ validations, transformations }: PipelineSpecs): readonly PipelineStep[] {
  return [
    ...validations.map((spec) => makeStep(spec, { check: makeValidation(spec) })),
    ...transformations.map((spec) => makeStep(spec, { transform: makeTransformation(spec) })),
  ]
}

function isSame(a: PipelineStep, b: PipelineStep): boolean {
  return a.spec.name === b.spec.name && (a.check === undefined) === (b.check === undefined)
}

/** Properties that were not touched keep their place and their repetitions. */
function pairsOf(wanted: ValueMap, before: readonly UserProperty[]): readonly UserProperty[] {
  const last = new Map(before)
  const kept = before.filter(([name]) => wanted[name] === last.get(name))
  const names = new Set(kept.map(([name]) => name))
  const set = Object.entries(wanted).filter(([name]) => !names.has(name))
  return [...kept, ...set.map(([name, value]): UserProperty => [name, toText(value)])]
}
