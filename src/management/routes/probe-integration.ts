import { decode, formatProblem } from '#config/decode.ts'
import { encode, REDACTED } from '#config/encode.ts'
import type { Field } from '#config/field.ts'
import { fromPlain, type Plain } from '#config/hocon/value.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { fieldAt } from '#config/walk.ts'
import type { IntegrationSpec } from '#integrations/integration-spec.ts'
import type { IntegrationInput } from '../contract/integrations.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest } from '../http/api-error.ts'
import type { IntegrationRoot } from '../integration-port.ts'

const NOWHERE = { source: 'body', line: 0, column: 0 }
const KINDS = { connectors: 'connector', actions: 'action', sources: 'source' } as const

/**
 * Tries what a request has brought, on a connection of its own.
 * @throws ApiError 400 that says what is wrong
 */
export async function probeIntegration(
  context: ManagementContext,
  root: IntegrationRoot,
  { type, name }: IntegrationInput,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const spec = decoded(context, root, type, name, fields)
  const reason = await context.node.integrations.probe(spec, connectorOf(context, spec))
  if (reason !== undefined) throw badRequest(reason, 'TEST_FAILED')
}

function connectorOf({ node }: ManagementContext, spec: IntegrationSpec): IntegrationSpec {
  if (spec.kind === 'connector') return spec
  const name = spec.config.connector
  const config = node.config.current.connectors[spec.type]?.[name]
  if (config === undefined) {
    throw badRequest(`body.connector: there is no connector ${spec.type}:${name}.`)
  }
  return { kind: 'connector', type: spec.type, name, config }
}

function decoded(
  { node }: ManagementContext,
  root: IntegrationRoot,
  type: string,
  name: string,
  fields: Readonly<Record<string, unknown>>,
): IntegrationSpec {
  const types: Readonly<Record<string, unknown>> = node.config.current[root]
  const field: Field<never> | undefined = Object.hasOwn(types, type)
    ? fieldAt(tidewayFields, [root, type, name])?.field
    : undefined
  if (field === undefined) throw badRequest(`body.type: there is no type ${type} of ${root}.`)
  const present = node.config.current[root][type]?.[name]
  const before = present === undefined ? undefined : encode(field, present as never)
  const written = withSecrets(fields as Plain, before) // Came as JSON.
  const { value, errors } = decode(field, fromPlain(written, NOWHERE))
  if (value === undefined) {
    const messages = errors.map(({ path, message }) => formatProblem({ path, message }))
    throw badRequest(messages.map((message) => `body.${message}`).join('; '))
  }
  return { kind: KINDS[root], type, name, config: value }
}

/** What is shown in place of a secret and comes back stands for the secret that there is. */
function withSecrets(value: Plain, before: Plain | undefined): Plain {
  if (value === REDACTED) return before ?? value
  if (!isGroup(value)) return value
  const parts = isGroup(before) ? before : {}
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withSecrets(part, parts[key])]),
  )
}

function isGroup(value: Plain | undefined): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
