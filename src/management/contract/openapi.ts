/** The OpenAPI 3.1 document of some operations. */
import { ErrorBody } from './common.ts'
import { isPlainReply, type OperationSpec, type Reply } from './operation.ts'

type Json = Readonly<Record<string, unknown>>

interface JsonSchema {
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted.',
  400: 'The request is not well-formed, or not valid.',
  401: 'Nobody is logged in, or the credentials are wrong.',
  403: 'The role does not allow it.',
  404: 'There is no such thing.',
  409: 'It contradicts what there is.',
  413: 'The body is too large, or there are too many already.',
  429: 'Too many failed logins.',
  501: 'That does not exist for this.',
  503: 'Not at the moment.',
}

/** Describes the operations in OpenAPI 3.1, for documents and for generators of clients. */
export function openApi(operations: readonly OperationSpec[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = describe(operation)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tideway REST API', version },
    servers: [{ url: '/api/v5' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: ErrorBody },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'basic', description: 'API key and its secret.' },
        token: { type: 'http', scheme: 'bearer', description: 'Token of `POST /login`.' },
      },
    },
  }
}

function describe(operation: OperationSpec): Json {
  const { id, tag, summary, permission, usersOnly, body, bodyType } = operation
  const parameters = [
    ...parametersIn('path', operation.params),
    ...parametersIn('query', operation.query),
  ]
  const security = usersOnly === true ? [{ token: [] }] : [{ apiKey: [] }, { token: [] }]
  return {
    operationId: id,
    tags: [tag],
    summary,
    'x-permission': permission,
    security: permission === 'public' ? [] : security,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { [bodyType ?? 'application/json']: { schema: body } },
      },
    }),
    responses: responsesOf(operation),
  }
}

function parametersIn(place: 'path' | 'query', schema: unknown): readonly Json[] {
  // TypeBox schemas are JSON Schema.
  const { properties = {}, required = [] } = (schema ?? {}) as JsonSchema
  return Object.entries(properties).map(([name, part]) => {
    const { description, ...rest } = part
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    }
  })
}

function responsesOf(operation: OperationSpec): Json {
  const { replies, errors = [], permission, params, query, body } = operation
  const statuses = new Set(errors)
  if (params !== undefined || query !== undefined || body !== undefined) statuses.add(400)
  if (permission !== 'public') statuses.add(401).add(403)
  const failures = [...statuses].map((status) => [status, failure(status)] as const)
  const described = Object.entries(replies).map(([status, reply]) => {
    return [status, describeReply(Number(status), reply)] as const
  })
  return Object.fromEntries([...failures, ...described])
}

function describeReply(status: number, reply: Reply): Json {
  if (!isPlainReply(reply)) {
    const description = STATUS_TEXT[status] ?? 'Done.'
    return { description, content: { 'application/json': { schema: reply } } }
  }
  const description = reply.text
  if (reply.kind === 'empty') return { description }
  if (reply.kind === 'file') {
    const schema = { type: 'string', format: 'binary' }
    return { description, content: { [reply.type]: { schema } } }
  }
  if (reply.kind === 'events') {
    const schema = { type: 'string' }
    return {
      description,
      content: { 'text/event-stream': { schema, 'x-event': reply.event } },
    }
  }
  const types = reply.types.map((type) => [type, { schema: { type: 'string' } }] as const)
  return { description, content: Object.fromEntries(types) }
}

function failure(status: number): Json {
  return {
    description: STATUS_TEXT[status] ?? 'Failed.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}
