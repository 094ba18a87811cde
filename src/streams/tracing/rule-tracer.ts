import type { Message } from '#broker/message.ts'
import type { ValueMap } from '#plugin/value.ts'
import type { SpanSource } from './span-source.ts'
import { readTraceContext, type TraceContext, withTrace } from './trace-context.ts'

/** The action of a rule at work on one output, as a part of a trace. */
export interface TracedAction {
  /** The output, which knows its trace. */
  readonly output: ValueMap
  /** Runs the part of the work that is done at once: what it publishes is of the same trace. */
  run(work: () => void): void
  end(failure: string | undefined): void
}

/** A rule at work on one message. */
export interface TracedRule {
  action(label: string, output: ValueMap): TracedAction
  end(failure: string | undefined): void
}

/** Spans of rules and their actions, for messages that are traced. */
export class RuleTracer {
  /** False: rules have no spans; their actions still go on with the trace of the message. */
  isRecording = false
  /** The action that is at work now. */
  active: TraceContext | undefined
  readonly #spans: SpanSource

  constructor(spans: SpanSource) {
    this.#spans = spans
  }

  /** A rule begins with a message; undefined when that is not traced. */
  begin(ruleId: string, message: Message): TracedRule | undefined {
    const parent = readTraceContext(message.properties)
    if (parent?.isSampled !== true) return undefined
    const attributes = { 'rule.id': ruleId, 'message.topic': message.topic.topic }
    const startMs = this.#spans.nowMs()
    const context = this.isRecording ? this.#spans.begin(parent) : parent
    return {
      action: (label, output) => {
        return this.#action(context, { ...attributes, 'action.id': label }, output)
      },
      end: (failure) => {
        if (context === parent) return
        const name = 'broker.rule_engine.apply'
        this.#spans.end(context, parent, startMs, { name, attributes, failure })
      },
    }
  }

  #action(
    parent: TraceContext,
    attributes: Readonly<Record<string, string>>,
    output: ValueMap,
  ): TracedAction {
    const { isRecording } = this
    const context = isRecording ? this.#spans.begin(parent) : parent
    const startMs = this.#spans.nowMs()
    return {
      output: withTrace(output, context),
      run: (work) => {
        const before = this.active
        this.active = context
        try {
          work()
        } finally {
          this.active = before
        }
      },
      end: (failure) => {
        if (!isRecording) return
        const name = 'broker.rule_engine.action'
        this.#spans.end(context, parent, startMs, { name, attributes, failure })
      },
    }
  }
}
