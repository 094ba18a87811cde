import type { OperationSpec, ReplyOf, RequestOf } from '#management/contract/operation.ts'
import { request, type RequestOptions } from './http.ts'

type SuccessStatus = 200 | 201 | 202 | 204

/** What an operation answers when it did what was asked. */
export type Answer<O extends OperationSpec> = Extract<
  ReplyOf<O>,
  { readonly status: SuccessStatus }
>['body']

type Part<Name extends string, Value> = Value extends undefined
  ? { readonly [N in Name]?: undefined }
  : { readonly [N in Name]: Value }

/** What goes into a call: the parts that the operation has. */
export type Call<O extends OperationSpec> = Part<'params', RequestOf<O>['params']> &
  Partial<Part<'query', RequestOf<O>['query']>> &
  Part<'body', RequestOf<O>['body']> & {
    readonly signal?: AbortSignal
    /** Instead of the token of who is signed in. */
    readonly token?: string
    /** Media type that is wanted, where there are several. */
    readonly accept?: string
  }

/**
 * Calls an operation of the REST API: `call<typeof listClients>('GET', '/clients', { query })`.
 * Method, path, request and answer are checked against the contract when the dashboard is compiled.
 * @throws ApiError
 */
export async function call<O extends OperationSpec>(
  method: O['method'],
  path: O['path'],
  options: Call<O>,
): Promise<Answer<O>> {
  const { params, ...rest } = options as RequestOptions & { params?: Record<string, string> }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params?.[name] ?? ''),
  )
  return request<Answer<O>>(method, filled, rest)
}
