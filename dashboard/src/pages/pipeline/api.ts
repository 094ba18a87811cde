import type {
  dryRunTransformation as dryRunTransformationRoute,
  dryRunValidation as dryRunValidationRoute,
  StepMetrics,
  validationOperations,
} from '#management/contract/pipeline.ts'
import type { listSchemas } from '#management/contract/schemas.ts'
import { useQuery } from '@tanstack/react-query'
import { type Answer, call, type Call } from '../../api/call.ts'
import type { Sample } from '../../components/sample-trial.tsx'

type Validations = typeof validationOperations

/** What messages pass before they are routed. */
export type Kind = 'validation' | 'transformation'

/** A validation or a transformation. */
export interface Step {
  readonly name: string
  readonly enable: boolean
  readonly description: string
  readonly topics: readonly string[] | string
  readonly failure_action: 'drop' | 'disconnect' | 'ignore'
  readonly log_failure?: { readonly level?: string }
  readonly tags?: readonly string[]
  /** Of a validation. */
  readonly strategy?: 'all_pass' | 'any_pass'
  readonly checks?: readonly Check[]
  /** Of a transformation. */
  readonly payload_decoder?: Serde
  readonly payload_encoder?: Serde
  readonly operations?: readonly { readonly key: string; readonly value: string }[]
}

/** A check of a validation. */
export interface Check {
  readonly type: 'sql' | 'json' | 'avro' | 'protobuf'
  readonly sql?: string
  readonly schema?: string
  readonly message_type?: string
}

/** How a payload is read or written. */
export interface Serde {
  readonly type: 'none' | 'json' | 'avro' | 'protobuf'
  readonly schema?: string
  readonly message_type?: string
}

export type Schema = Answer<typeof listSchemas>[number]

const ROOTS = {
  validation: 'schema_validations',
  transformation: 'message_transformations',
} as const
const REFRESH_MS = 5_000

// The operations of the two kinds are alike, and stand for each other below.
const all = (kind: Kind) => `/${ROOTS[kind]}`
const one = (kind: Kind) => `/${ROOTS[kind]}/${kind}/{name}`

/** All of a kind, in their order. */
export function useSteps(kind: Kind) {
  return useQuery({
    queryKey: ['steps', kind],
    queryFn: async ({ signal }) => {
      const steps = await call<Validations['list']>('GET', all(kind), { signal })
      return steps as unknown as readonly Step[] // As the contract describes their fields.
    },
  })
}

/** All schemas. */
export async function loadSchemas(signal: AbortSignal): Promise<readonly Schema[]> {
  return call<typeof listSchemas>('GET', '/schema_registry', { signal })
}

/** All schemas, kept as long as somebody shows them. */
export function useSchemas() {
  return useQuery({ queryKey: ['schemas'], queryFn: ({ signal }) => loadSchemas(signal) })
}

/** Numbers of one. */
export function useStepMetrics(kind: Kind, name: string) {
  return useQuery({
    queryKey: ['steps', kind, name, 'metrics'],
    queryFn: async ({ signal }): Promise<StepMetrics> => {
      const path = `${one(kind)}/metrics` as const
      const reply = await call<Validations['metrics']>('GET', path, { params: { name }, signal })
      return reply.metrics
    },
    refetchInterval: REFRESH_MS,
  })
}

/** Makes one, or replaces the one of this name. */
export async function putStep(kind: Kind, step: Step, isNew: boolean): Promise<unknown> {
  const body = step as Call<Validations['create']>['body']
  if (isNew) return call<Validations['create']>('POST', all(kind), { body })
  return call<Validations['update']>('PUT', all(kind), { body })
}

/** Puts all into another order. */
export async function reorderSteps(kind: Kind, names: readonly string[]): Promise<unknown> {
  const path = `${all(kind)}/reorder` as const
  return call<Validations['reorder']>('POST', path, { body: { order: [...names] } })
}

/** Switches one on or off. */
export async function enableStep(kind: Kind, name: string, isOn: boolean): Promise<unknown> {
  const path = `${one(kind)}/enable/{enable}` as const
  const enable = isOn ? 'true' : 'false'
  return call<Validations['enable']>('POST', path, { params: { name, enable } })
}

export async function removeStep(kind: Kind, name: string): Promise<unknown> {
  return call<Validations['remove']>('DELETE', one(kind), { params: { name } })
}

/** Sets the numbers of one to zero. */
export async function resetStep(kind: Kind, name: string): Promise<unknown> {
  const path = `${one(kind)}/metrics/reset` as const
  return call<Validations['resetMetrics']>('POST', path, { params: { name } })
}

/** Whether a validation, saved or not, lets a message pass. */
export async function dryRunValidation(
  validation: Step,
  message: Sample,
): Promise<Answer<typeof dryRunValidationRoute>> {
  const body = { validation, message } as Call<typeof dryRunValidationRoute>['body']
  return call<typeof dryRunValidationRoute>('POST', '/schema_validations/dryrun', { body })
}

/** What a transformation, saved or not, makes of a message. */
export async function dryRunTransformation(
  transformation: Step,
  message: Sample,
): Promise<Answer<typeof dryRunTransformationRoute>> {
  const body = { transformation, message } as Call<typeof dryRunTransformationRoute>['body']
  return call<typeof dryRunTransformationRoute>('POST', '/message_transformations/dryrun', {
    body,
  })
}

/** Names of what uses a schema. */
export function usersOfSchema(schema: string, steps: readonly Step[]): readonly string[] {
  const uses = ({ checks = [], payload_decoder: from, payload_encoder: to }: Step): boolean =>
    [...checks, from, to].some((part) => part?.schema === schema)
  return steps.filter(uses).map(({ name }) => name)
}
