import type { AckHold } from '#broker/session/ack-hold.ts'
import type { Broker } from '#broker/shard/broker.ts'
import { whenSafe } from '#broker/shard/when-safe.ts'
import type { ValueMap } from '#plugin/value.ts'
import type { TracedAction } from '../tracing/rule-tracer.ts'
import type { ActionFailure, ActionOrigin, RuleAction } from './action.ts'
import type { Rule } from './make-rule.ts'
import type { RuleTraceSink } from './rule-trace.ts'
import { count, RuleCounter } from './rule-counters.ts'

/** One action at work on one output; its outcome is counted once. */
export class ActionRun {
  readonly #rule: Rule
  readonly #output: ValueMap
  readonly #broker: Broker
  readonly #failed: (failure: ActionFailure, isLate: boolean) => boolean
  readonly #trace: RuleTraceSink | undefined
  readonly #traced: TracedAction | undefined
  readonly #hold: AckHold | undefined
  #label: string
  #isDone: boolean
  /** The rule has gone on meanwhile. */
  #isLate: boolean

  /**
   * Has the acknowledgement of the message now being routed wait for it, if the rule says so.
   * @param failed called when it did not succeed, perhaps after the rule is done with the message
   *   (`isLate`); true: a dead letter has the output
   * @param traced the span of the work, when the message is traced
   */
  constructor(
    rule: Rule,
    output: ValueMap,
    broker: Broker,
    failed: (failure: ActionFailure, isLate: boolean) => boolean,
    traced: TracedAction | undefined,
  ) {
    this.#rule = rule
    this.#output = output
    this.#broker = broker
    this.#failed = failed
    this.#hold = rule.spec.waitsForActions ? broker.core.beginHeld() : undefined
    this.#trace = rule.trace
    this.#traced = traced
    this.#label = ''
    this.#isDone = false
    this.#isLate = false
  }

  /** Starts the work. Never throws. */
  start(action: RuleAction, origin: ActionOrigin): void {
    this.#label = action.label
    const traced = this.#traced
    try {
      const done = this.#teller()
      if (traced === undefined) action.run(this.#output, origin, done)
      else traced.run(() => action.run(traced.output, origin, done))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#done({ kind: 'unknown', reason })
    }
    this.#isLate = true
  }

  /** Made here, where it keeps nothing of what the work began with: it may wait for long. */
  #teller(): (failure?: ActionFailure) => void {
    return (failure) => this.#done(failure)
  }

  #done(failure: ActionFailure | undefined): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#traced?.end(failure?.reason)
    const { counters } = this.#rule
    if (failure === undefined) {
      count(counters, RuleCounter.ACTIONS_SUCCESS)
      this.#trace?.('action_succeeded', { action: this.#label })
      this.#hold?.end(undefined)
      return
    }
    const isDiscarded = failure.kind === 'discarded'
    const { reason } = failure
    this.#trace?.(isDiscarded ? 'action_discarded' : 'action_failed', {
      action: this.#label,
      reason,
    })
    if (isDiscarded) count(counters, RuleCounter.ACTIONS_DISCARDED)
    else {
      count(counters, RuleCounter.ACTIONS_FAILED)
      const isAway = failure.kind === 'out_of_service'
      count(
        counters,
        isAway ? RuleCounter.ACTIONS_FAILED_OUT_OF_SERVICE : RuleCounter.ACTIONS_FAILED_UNKNOWN,
      )
    }
    const isBuried = this.#failed(failure, this.#isLate)
    const hold = this.#hold
    if (hold === undefined) return
    // What was refused is refused again; what there was no room for may find some.
    if (!isBuried) hold.end(failure.kind === 'out_of_service' ? reason : undefined)
    else whenSafe(this.#broker, (unsafe) => hold.end(unsafe?.message))
  }
}
