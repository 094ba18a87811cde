import { isUtf8 } from 'node:buffer'
import type { ValueMap } from '#plugin/value.ts'
import {
  type DryRunMessage,
  dryRunTransformation,
  dryRunValidation,
  type StepMetrics,
  type StepOperations,
  transformationOperations,
  validationOperations,
} from '../contract/pipeline.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, reply, type Route, route } from '../http/route.ts'
import type { PipelineKind, TrialMessage } from '../pipeline-port.ts'

/** A step as the configuration shows it. */
type Step = Readonly<Record<string, unknown>> & { readonly name: string; readonly enable: boolean }

/** Where the steps of a kind stand, and what one is called. */
interface Place {
  readonly kind: PipelineKind
  readonly path: readonly string[]
  readonly word: string
}

const VALIDATIONS: Place = {
  kind: 'validations',
  path: ['schema_validation', 'validations'],
  word: 'validation',
}
const TRANSFORMATIONS: Place = {
  kind: 'transformations',
  path: ['message_transformation', 'transformations'],
  word: 'transformation',
}

/** Names of the steps of a kind. */
export function stepNames(context: ManagementContext, kind: PipelineKind): readonly string[] {
  const place = kind === 'validations' ? VALIDATIONS : TRANSFORMATIONS
  return stepsOf(context, place).map(({ name }) => name)
}

/** Validations and transformations. A change works at once and is kept. */
export function pipelineRoutes(context: ManagementContext): readonly Route[] {
  return [
    ...stepRoutes(context, VALIDATIONS, validationOperations),
    ...stepRoutes(context, TRANSFORMATIONS, transformationOperations),
    ...dryRunRoutes(context),
  ]
}

function stepRoutes(
  context: ManagementContext,
  place: Place,
  operations: StepOperations,
): readonly Route[] {
  const change = (changed: (steps: readonly Step[]) => readonly Step[]): Promise<void> => {
    return context.configChanges.inTurn((turn) => {
      return turn.set(place.path, changed(stepsOf(context, place)))
    })
  }
  const need = (name: string): Step => requireStep(context, place, name)
  return [
    route(operations.list, () => ok([...stepsOf(context, place)])),
    route(operations.create, async ({ body }) => {
      const step = body as Step
      await change((steps) => {
        if (steps.some(({ name }) => name === step.name)) {
          throw conflict(`There is a ${place.word} ${step.name} already.`, 'ALREADY_EXISTS')
        }
        return [...steps, step]
      })
      return reply(201, need(step.name))
    }),
    route(operations.update, async ({ body }) => {
      const step = body as Step
      await change((steps) => {
        need(step.name)
        return steps.map((one) => (one.name === step.name ? step : one))
      })
      return ok(need(step.name))
    }),
    route(operations.reorder, async ({ body: { order } }) => {
      await change((steps) => {
        const isWhole = order.length === steps.length && new Set(order).size === order.length
        if (!isWhole || !order.every((name) => steps.some((one) => one.name === name))) {
          throw badRequest(`body.order must name each ${place.word} once.`)
        }
        return order.map((name) => need(name))
      })
      return noContent()
    }),
    route(operations.get, ({ params }) => ok(need(params.name))),
    route(operations.remove, async ({ params }) => {
      await change((steps) => {
        need(params.name)
        return steps.filter(({ name }) => name !== params.name)
      })
      return noContent()
    }),
    route(operations.enable, async ({ params }) => {
      const enable = params.enable === 'true'
      await change((steps) => {
        need(params.name)
        return steps.map((one) => (one.name === params.name ? { ...one, enable } : one))
      })
      return noContent()
    }),
    ...metricsRoutes(context, place, operations),
  ]
}

function metricsRoutes(
  context: ManagementContext,
  place: Place,
  operations: StepOperations,
): readonly Route[] {
  const { pipeline, name: node } = context.node
  const { kind } = place
  return [
    route(operations.metrics, async ({ params: { name } }) => {
      requireStep(context, place, name)
      const counters = await pipeline.counters(kind, name)
      const { rate, max, last5m } = pipeline.rateOf(kind, name)
      // Counters have the names of `STEP_COUNTER_NAMES`.
      const metrics = { ...counters, rate, rate_max: max, rate_last5m: last5m } as StepMetrics
      return ok({ metrics, node_metrics: [{ node, metrics }] })
    }),
    route(operations.resetMetrics, async ({ params: { name } }) => {
      requireStep(context, place, name)
      await pipeline.resetCounters(kind, name)
      return noContent()
    }),
  ]
}

function stepsOf({ node }: ManagementContext, { path }: Place): readonly Step[] {
  return (node.config.shown(path) ?? []) as unknown as readonly Step[] // As it is described.
}

function requireStep(context: ManagementContext, place: Place, name: string): Step {
  const step = stepsOf(context, place).find((one) => one.name === name)
  if (step === undefined) throw notFound(`There is no ${place.word} ${name}.`)
  return step
}

function dryRunRoutes({ node: { pipeline } }: ManagementContext): readonly Route[] {
  return [
    route(dryRunValidation, ({ body: { validation, message } }) => {
      const trial = toTrial(message)
      const reason = orBadRequest(() => pipeline.dryRunValidation(validation, trial))
      return ok(reason === undefined ? { passed: true } : { passed: false, reason })
    }),
    route(dryRunTransformation, ({ body: { transformation, message } }) => {
      const trial = toTrial(message)
      const made = orBadRequest(() => pipeline.dryRunTransformation(transformation, trial))
      const { payload, userProperties, ...rest } = made
      return ok({ ...rest, ...written(payload), user_property: userProperties })
    }),
  ]
}

function toTrial(message: DryRunMessage): TrialMessage {
  const { topic, payload, payload_encoding: encoding, ...others } = message
  const { qos = 0, retain = false, user_property = {}, ...columns } = others
  return {
    topic,
    payload: Buffer.from(payload, encoding === 'base64' ? 'base64' : 'utf8'),
    qos,
    retain,
    userProperties: user_property as ValueMap, // These came as JSON.
    columns: columns as ValueMap,
  }
}

/** A payload as text, if it is one. */
function written(payload: Buffer): { payload: string; payload_encoding?: 'base64' } {
  if (isUtf8(payload)) return { payload: payload.toString() }
  return { payload: payload.toString('base64'), payload_encoding: 'base64' }
}

function orBadRequest<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error))
  }
}
