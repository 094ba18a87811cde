import type {
  actionOperations,
  connectorOperations,
  getIntegrationSchema,
  IntegrationInput,
  IntegrationMetrics,
} from '#management/contract/integrations.ts'
import { useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import type { FormSchema } from '../../components/schema-form/form-schema.ts'

type Connectors = typeof connectorOperations
type Actions = typeof actionOperations

/** Connectors, what rules send to, and what they read from. */
export type Root = 'connectors' | 'actions' | 'sources'

/** One of them. What is not told here are the keys of its type. */
export type Integration = Readonly<Record<string, unknown>> & {
  readonly type: string
  readonly name: string
  readonly enable: boolean
  readonly description: string
  readonly tags: readonly string[]
  readonly status: 'connected' | 'connecting' | 'disconnected'
  readonly status_reason: string
  readonly last_modified_at: string
  /** Those that use it, or an action or source of it. */
  readonly rules: readonly string[]
  /** Of an action or a source. */
  readonly connector?: string
  /** Of a connector: names of those that use it. */
  readonly actions?: readonly string[]
  readonly sources?: readonly string[]
}

/** Beginning of the keys of everything that a change may concern. */
export const STALE = ['integrations']
/** How often numbers and states are asked for. */
export const REFRESH_MS = 5_000

/** `http:orders` */
export function idOf({ type, name }: Pick<Integration, 'type' | 'name'>): string {
  return `${type}:${name}`
}

/** The address of the page of one. */
export function pageOf(root: Root, id: string): string {
  return `/${root}/id/${encodeURIComponent(id)}`
}

// The operations of the three roots are alike, and stand for each other below.
const at = (root: Root) => `/${root}` as Connectors['list']['path']
const atOne = (root: Root) => `/${root}/{id}` as Connectors['get']['path']

/** All of a root, with how they do. */
export async function loadIntegrations(
  root: Root,
  signal: AbortSignal,
): Promise<readonly Integration[]> {
  return call<Connectors['list']>('GET', at(root), { signal })
}

/** All of a root, as long as somebody shows them. */
export function useIntegrations(root: Root) {
  return useQuery({
    queryKey: ['integrations', root],
    queryFn: ({ signal }) => loadIntegrations(root, signal),
    refetchInterval: REFRESH_MS,
  })
}

/** One of them, with how it does. */
export function useIntegration(root: Root, id: string) {
  return useQuery({
    queryKey: ['integrations', root, id],
    queryFn: ({ signal }) => loadOne(root, id, signal),
    refetchInterval: REFRESH_MS,
  })
}

async function loadOne(root: Root, id: string, signal?: AbortSignal): Promise<Integration> {
  const options = { params: { id }, ...(signal && { signal }) }
  return call<Connectors['get']>('GET', atOne(root), options)
}

/** What the types of a root are made of. */
export function useSpecification(root: Root) {
  return useQuery({
    queryKey: ['integration-schema', root],
    queryFn: async ({ signal }) => {
      const params = { name: root }
      return call<typeof getIntegrationSchema>('GET', '/schemas/{name}', { params, signal })
    },
    staleTime: Infinity,
  })
}

/** The keys of one type. */
export function keysOf(schema: unknown, type: string): FormSchema {
  // As `jsonSchema` makes it of the specification: entries by type and name.
  const keys = (schema as FormSchema).properties?.[type]?.additionalProperties
  return typeof keys === 'object' ? keys : {}
}

/** Makes one, or replaces the one that there is. */
export async function putIntegration(
  root: Root,
  body: IntegrationInput,
  isNew: boolean,
): Promise<unknown> {
  if (isNew) return call<Connectors['create']>('POST', at(root), { body })
  return call<Connectors['update']>('PUT', atOne(root), { params: { id: idOf(body) }, body })
}

/** Tries it without keeping it; fails with the reason. */
export async function probeIntegration(root: Root, body: IntegrationInput): Promise<unknown> {
  const path = `/${root}_probe` as Connectors['probe']['path']
  return call<Connectors['probe']>('POST', path, { body })
}

/** Switches one on or off. */
export async function enableIntegration(root: Root, id: string, isOn: boolean): Promise<unknown> {
  const path = `/${root}/{id}/enable/{enable}` as Connectors['enable']['path']
  return call<Connectors['enable']>('PUT', path, { params: { id, enable: String(isOn) } })
}

/** Opens the connection anew, also one that works. */
export async function restartIntegration(root: Root, one: Integration): Promise<unknown> {
  const id = idOf(one)
  // What is replaced by itself begins again, and keeps its numbers and what waits.
  if (one.status === 'connected') {
    return putIntegration(root, await loadOne(root, id), false)
  }
  const path = `/${root}/{id}/{operation}` as Connectors['operate']['path']
  return call<Connectors['operate']>('POST', path, { params: { id, operation: 'start' } })
}

/** Removes one: an action from the rules that use it as well, a connector with all that uses it. */
export async function removeIntegration(root: Root, id: string): Promise<void> {
  const query = root === 'sources' ? {} : { also_delete_dep_actions: true }
  await call<Connectors['remove']>('DELETE', atOne(root), { params: { id }, query })
}

/** Numbers of an action or a source. */
export function useMetrics(root: Root, id: string) {
  return useQuery({
    queryKey: ['integrations', root, id, 'metrics'],
    queryFn: async ({ signal }): Promise<IntegrationMetrics> => {
      const path = `/${root}/{id}/metrics` as Actions['metrics']['path']
      return (await call<Actions['metrics']>('GET', path, { params: { id }, signal })).metrics
    },
    refetchInterval: REFRESH_MS,
    enabled: root !== 'connectors',
  })
}

/** Sets the numbers of an action or a source to zero. */
export async function resetMetrics(root: Root, id: string): Promise<unknown> {
  const path = `/${root}/{id}/metrics/reset` as Actions['resetMetrics']['path']
  return call<Actions['resetMetrics']>('PUT', path, { params: { id } })
}
