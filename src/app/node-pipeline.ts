import { decode, formatProblem } from '#config/decode.ts'
import { messageTransformation } from '#config/fields/message-pipeline.ts'
import { fromPlain, type Plain } from '#config/hocon/value.ts'
import { RateMeter } from '#kernel/rate-meter.ts'
import type {
  PipelineKind,
  PipelinePort,
  TransformedMessage,
  TrialMessage,
} from '#management/pipeline-port.ts'
import type { RuleRate } from '#management/rule-port.ts'
import type { FunctionServices } from '#plugin/define-function.ts'
import { DraftMessage } from '#streams/pipeline/draft-message.ts'
import { makeTransformation } from '#streams/pipeline/make-transformation.ts'
import type { PipelineCounters } from '#streams/pipeline/message-pipeline.ts'
import { STEP_COUNTER_NAMES } from '#streams/pipeline/pipeline-step.ts'
import { sampleRecord } from '#streams/rules/test-sql.ts'
import { MapRow } from '#streams/sql/row.ts'
import { toText } from '#streams/values/to-text.ts'
import { toTransformationSpec } from './pipeline-settings.ts'
import type { RuleCommand } from './shard-runtime.ts'

const NOWHERE = { source: '', line: 0, column: 0 }
const KINDS = ['validations', 'transformations'] as const

/** Validations and transformations of a node: their numbers, and trials. */
export class NodePipeline implements PipelinePort {
  readonly #tell: (command: RuleCommand) => Promise<readonly unknown[]>
  readonly #services: FunctionServices
  readonly #meters: Map<string, RateMeter>

  /** @param tell asks all shards */
  constructor(
    tell: (command: RuleCommand) => Promise<readonly unknown[]>,
    services: FunctionServices,
  ) {
    this.#tell = tell
    this.#services = services
    this.#meters = new Map()
  }

  async counters(kind: PipelineKind, name: string): Promise<Readonly<Record<string, number>>> {
    const shards = await this.#ask()
    return Object.fromEntries(
      STEP_COUNTER_NAMES.map((counter, index) => {
        const values = shards.map((shard) => shard[kind][name]?.[index] ?? 0)
        return [counter, values.reduce((sum, value) => sum + value, 0)]
      }),
    )
  }

  rateOf(kind: PipelineKind, name: string): RuleRate {
    const { rate, max, last5m } = this.#meters.get(`${kind}/${name}`) ?? new RateMeter()
    return { rate, max, last5m }
  }

  async resetCounters(kind: PipelineKind, name: string): Promise<void> {
    await this.#tell({ kind: 'reset pipeline', of: kind, name })
    this.#meters.get(`${kind}/${name}`)?.reset()
  }

  /** Takes rates. */
  async sample(nowMs: number): Promise<void> {
    const shards = await this.#ask()
    const seen = new Set<string>()
    for (const kind of KINDS) {
      for (const name of Object.keys(shards[0]?.[kind] ?? {})) {
        const total = shards.reduce((sum, shard) => sum + (shard[kind][name]?.[0] ?? 0), 0)
        const key = `${kind}/${name}`
        const meter = this.#meters.get(key) ?? new RateMeter()
        this.#meters.set(key, meter)
        meter.sample(total, nowMs)
        seen.add(key)
      }
    }
    for (const key of this.#meters.keys()) if (!seen.has(key)) this.#meters.delete(key)
  }

  dryRun(written: Plain, message: TrialMessage): TransformedMessage {
    const tree = fromPlain({ transformations: [written] }, NOWHERE)
    const { value, errors } = decode(messageTransformation, tree)
    const [config] = value?.transformations ?? []
    if (config === undefined) {
      throw new Error(errors.map((one) => `body.${formatProblem(one)}`).join('; '))
    }
    const transform = makeTransformation(toTransformationSpec(config))
    const { topic, payload, qos, retain, userProperties, columns } = message
    const record = new MapRow(sampleRecord({ ...columns, topic, payload, qos }, [], 'dryrun'))
    const draft = new DraftMessage(record, { topic, payload, qos, retain, userProperties })
    const failure = transform(draft, this.#services)
    if (failure !== undefined) throw new Error(failure)
    return { ...draft.parts, payload: toText(draft.parts.payload) }
  }

  async #ask(): Promise<readonly PipelineCounters[]> {
    // What shards answer to this command.
    return (await this.#tell({ kind: 'pipeline counters' })) as readonly PipelineCounters[]
  }
}
