/** The OpenAPI document as the contract test reads it. */
export interface ApiOperation {
  readonly id: string
  readonly method: string
  /** With parameters in braces. */
  readonly path: string
  readonly permission: string
  readonly usersOnly: boolean
  readonly queryNames: readonly string[]
  /** Query parameters that are not any text. */
  readonly typedQuery: readonly string[]
  readonly bodySchema: object | undefined
  readonly bodyType: string | undefined
  /** Schemas of JSON replies by status; undefined for others. */
  readonly replies: ReadonlyMap<number, object | undefined>
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly schema: { readonly type?: string; readonly enum?: readonly unknown[] }
}

type Content = Readonly<Record<string, { readonly schema: object }>>

interface RawOperation {
  readonly operationId: string
  readonly 'x-permission': string
  readonly security: readonly Readonly<Record<string, unknown>>[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>
}

/** Every operation of the document. */
export function operationsOf(document: unknown): readonly ApiOperation[] {
  const { paths } = document as Document
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => read(path, method, raw)),
  )
}

function read(path: string, method: string, raw: RawOperation): ApiOperation {
  const query = (raw.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const isTyped = ({ schema }: Parameter): boolean =>
    schema.type === 'integer' || schema.type === 'boolean' || schema.enum !== undefined
  const [bodyType] = Object.keys(raw.requestBody?.content ?? {})
  const replies = Object.entries(raw.responses).map(([status, { content }]) => {
    return [Number(status), content?.['application/json']?.schema] as const
  })
  return {
    id: raw.operationId,
    method: method.toUpperCase(),
    path,
    permission: raw['x-permission'],
    usersOnly: raw.security.length === 1,
    queryNames: query.map(({ name }) => name),
    typedQuery: query.filter(isTyped).map(({ name }) => name),
    bodySchema: bodyType === undefined ? undefined : raw.requestBody?.content[bodyType]?.schema,
    bodyType,
    replies: new Map(replies),
  }
}
