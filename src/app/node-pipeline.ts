import { decode, type Decoded, formatProblem } from '#config/decode.ts'
import { messageTransformation, schemaValidation } from '#config/fields/message-pipeline.ts'
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
import { makeValidation } from '#streams/pipeline/make-check.ts'
import { bytesOf, makeTransformation } from '#streams/pipeline/make-transformation.ts'
import type { PipelineCounters } from '#streams/pipeline/message-pipeline.ts'
import { STEP_COUNTER_NAMES } from '#streams/pipeline/pipeline-step.ts'
import { sampleRecord } from '#streams/rules/test-sql.ts'
import { MapRow } from '#streams/sql/row.ts'
import { toTransformationSpec, toValidationSpec } from './pipeline-settings.ts'
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

  dryRunValidation(written: Plain, message: TrialMessage): string | undefined {
    const tree = fromPlain({ validations: [written] }, NOWHERE)
    const config = onlyOf(decode(schemaValidation, tree), 'validations')
    return makeValidation(toValidationSpec(config))(draftOf(message), this.#services)
  }

  dryRunTransformation(written: Plain, message: TrialMessage): TransformedMessage {
    const tree = fromPlain({ transformations: [written] }, NOWHERE)
    const config = onlyOf(decode(messageTransformation, tree), 'transformations')
    const draft = draftOf(message)
    const failure = makeTransformation(toTransformationSpec(config))(draft, this.#services)
    if (failure !== undefined) throw new Error(failure)
    return { ...draft.parts, payload: bytesOf(draft.parts.payload) }
  }

  async #ask(): Promise<readonly PipelineCounters[]> {
    // What shards answer to this command.
    return (await this.#tell({ kind: 'pipeline counters' })) as readonly PipelineCounters[]
  }
}

/** @throws an Error that says what is wrong with the step */
function onlyOf<K extends string, Step>(
  { value, errors }: Decoded<Readonly<Record<K, readonly Step[]>>>,
  key: K,
): Step {
  const [step] = value?.[key] ?? []
  if (step !== undefined) return step
  throw new Error(errors.map((one) => `body.${formatProblem(one)}`).join('; '))
}

function draftOf({ columns, ...parts }: TrialMessage): DraftMessage {
  const { topic, payload, qos } = parts
  const record = sampleRecord({ ...columns, topic, payload, qos }, [], 'dryrun')
  return new DraftMessage(new MapRow(record), parts)
}
