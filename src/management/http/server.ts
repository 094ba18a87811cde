import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { isLoopbackAddress, plainAddress } from '#net/ip-address.ts'
import { API_PREFIX } from '../contract/common.ts'
import { isPlainReply, type OperationSpec, type SavedFile } from '../contract/operation.ts'
import { acceptBodies } from './bodies.ts'
import { ApiError, notFound } from './api-error.ts'
import type { Audit } from '../audit.ts'
import type { Authenticator } from './authenticator.ts'
import { authorize } from './authorize.ts'
import { onBehalfOf } from './current-caller.ts'
import { toEventStream } from './event-stream.ts'
import type { Caller } from './caller.ts'
import { failureOf } from './failure.ts'
import type { AnyReply, Call, Route } from './route.ts'
import type { Log } from '#broker/ports.ts'

export interface ServerParts {
  readonly routes: readonly Route[]
  readonly authenticator: Authenticator
  readonly audit: Audit
  readonly log: Log
  /** True while somebody has the initial password. */
  readonly localOnly: () => boolean
  readonly cors: boolean
  readonly connectionsMax: number
  /** Time in which a whole request has to arrive, and one that may be large. */
  readonly arrival: { readonly requestMsMax: number; readonly uploadMsMax: number }
}

const BODY_BYTES_MAX = 1024 * 1024
/** Time in which a whole request has to arrive. */
export const ARRIVAL = { requestMsMax: 30_000, uploadMsMax: 15 * 60_000 } as const
const PARAMETER_CHARS_MAX = 200_000
const QUERY_CHARS_MAX = 65_536

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** What load balancers ask, which get an answer though a user has the initial password. */
const PROBES: ReadonlySet<string | undefined> = new Set(['getStatus', 'checkAvailability'])

const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  // Proxies would keep events until there are many.
  'x-accel-buffering': 'no',
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
    /** It may use what it asks for: what refuses it now is that itself. */
    isLetIn: boolean
    startedAtMs: number
  }
}

/** The HTTP server with all routes; the caller has it listen. */
export function makeServer(parts: ServerParts): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: parts.arrival.uploadMsMax,
    http: { headersTimeout: parts.arrival.requestMsMax },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: PARAMETER_CHARS_MAX, ignoreTrailingSlash: true },
    ajv: { customOptions: { allErrors: true, removeAdditional: false, coerceTypes: 'array' } },
  })
  server.server.maxConnections = parts.connectionsMax
  server.decorateRequest('caller')
  server.decorateRequest('isLetIn', false)
  server.decorateRequest('startedAtMs', 0)
  acceptBodies(server)
  server.addHook('onRequest', async (request, reply) => receive(parts, request, reply))
  server.setNotFoundHandler((request) => {
    throw notFound(`There is nothing at ${request.method} ${pathOf(request.raw)}.`)
  })
  server.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error, parts.log)
    const { status, code, message } = failure
    if (request.routeOptions.config.operation !== undefined) {
      record(parts, request, request.routeOptions.config.operation, status, `${code}: ${message}`)
    }
    return reply.code(status).headers(failure.headers).send({ code, message })
  })
  if (parts.cors) answerPreflights(server)
  for (const one of parts.routes) addRoute(server, parts, one)
  return server
}

/** Browsers ask before a page of another origin may send anything but simple requests. */
function answerPreflights(server: FastifyInstance): void {
  server.options('/*', (_request, reply) => {
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST, PUT, DELETE',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '600',
      })
      .send()
  })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: OperationSpec
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? ''
}

/** Headers for every reply; then who it is, and whether they may. Before the body is read. */
function receive(parts: ServerParts, request: FastifyRequest, reply: FastifyReply): void {
  request.startedAtMs = performance.now()
  request.caller = { kind: 'nobody' }
  reply.headers(SECURITY_HEADERS)
  if (parts.cors) reply.header('access-control-allow-origin', '*')
  if ((request.raw.url ?? '').length > QUERY_CHARS_MAX + PARAMETER_CHARS_MAX) {
    throw new ApiError(414, 'BAD_REQUEST', 'The URL is too long.')
  }
  const { operation } = request.routeOptions.config
  const isProbe = PROBES.has(operation?.id) || pathOf(request.raw) === '/status'
  if (!isProbe && parts.localOnly() && !isFromThisHost(request)) throw localOnly()
  if (operation?.bodyBytesMax === undefined) limitArrival(request, parts.arrival.requestMsMax)
  if (operation === undefined) return
  request.caller = identify(parts, request, operation, true)
  authorize(request.caller, operation)
  request.isLetIn = true
}

/** Ends a request that comes too slowly. Without a body it is complete, though nobody reads it. */
function limitArrival({ raw }: FastifyRequest, msMax: number): void {
  const timer = setTimeout(() => {
    if (!raw.complete) raw.destroy()
  }, msMax)
  const stop = (): void => clearTimeout(timer)
  raw.once('end', stop).once('close', stop)
}

/** @throws ApiError 401 */
function identify(
  parts: ServerParts,
  request: FastifyRequest,
  operation: OperationSpec,
  isUse: boolean,
): Caller {
  const isPublic = operation.permission === 'public'
  return parts.authenticator.identify({
    header: isPublic ? undefined : request.headers.authorization,
    isFromThisHost: isFromThisHost(request),
    isUse,
  })
}

/** Whether who was let in would be let in again; being asked does not keep a login alive. */
function isStillLetIn(parts: ServerParts, request: FastifyRequest, spec: OperationSpec): boolean {
  try {
    authorize(identify(parts, request, spec, false), spec)
    return true
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  }
}

function localOnly(): ApiError {
  return new ApiError(
    403,
    'LOCAL_ONLY',
    'A user still has the initial password, so only clients on the host of the broker are ' +
      'served. Change it there (log in as admin with the password public), or start with ' +
      'dashboard.default_password set to another one before there is any user.',
  )
}

/** From a loopback address, or from the very address that the request came to. */
function isFromThisHost(request: FastifyRequest): boolean {
  const address = addressOf(request)
  const own = request.socket.localAddress
  return isLoopbackAddress(address) || (own !== undefined && address === plainAddress(own))
}

function addressOf(request: FastifyRequest): string {
  return plainAddress(request.ip)
}

function addRoute(server: FastifyInstance, parts: ServerParts, { operation, handle }: Route): void {
  const { params, query, body, replies } = operation
  const responses = Object.entries(replies).flatMap(([status, reply]) =>
    isPlainReply(reply) ? [] : [[status, reply] as const],
  )
  server.route({
    method: operation.method,
    url: API_PREFIX + operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    config: { operation },
    ...(operation.bodyBytesMax !== undefined && { bodyLimit: operation.bodyBytesMax }),
    schema: {
      ...(params !== undefined && { params }),
      ...(query !== undefined && { querystring: query }),
      ...(body !== undefined && operation.bodyType === undefined && { body }),
      response: Object.fromEntries(responses),
    },
    handler: async (request, reply) => {
      const call = {
        params: request.params,
        query: request.query,
        body: request.body,
        caller: request.caller,
        address: addressOf(request),
        header: (name: string) => headerOf(request, name),
      } as unknown as Call<OperationSpec> // Checked by the schemas above.
      const answer = await onBehalfOf(request.caller, () => handle(call))
      const status = Number(answer.status)
      record(parts, request, operation, status, status >= 400 ? JSON.stringify(answer.body) : '')
      const mayGoOn = (): boolean => isStillLetIn(parts, request, operation)
      return send(reply, operation, answer, mayGoOn)
    },
  })
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

function send(
  reply: FastifyReply,
  operation: OperationSpec,
  answer: AnyReply,
  mayGoOn: () => boolean,
): FastifyReply {
  const status = Number(answer.status)
  const described = operation.replies[status]
  reply.code(status)
  if (answer.headers !== undefined) reply.headers(answer.headers)
  if (described !== undefined && isPlainReply(described)) {
    if (described.kind === 'empty') return reply.send()
    if (described.kind === 'file') return sendFile(reply, described.type, answer.body as SavedFile)
    if (described.kind === 'events') {
      reply.headers(EVENT_STREAM_HEADERS)
      // The type of the reply in the contract.
      return reply.send(toEventStream(answer.body as AsyncIterable<unknown>, mayGoOn))
    }
    const type = answer.type ?? described.types[0] ?? 'text/plain'
    reply.header('content-type', type.startsWith('text/') ? `${type}; charset=utf-8` : type)
  }
  return reply.send(answer.body)
}

function sendFile(reply: FastifyReply, type: string, { name, content }: SavedFile): FastifyReply {
  const safeName = name.replaceAll(/[^\w.-]/g, '_')
  reply.header('content-type', type)
  reply.header('content-disposition', `attachment; filename="${safeName}"`)
  return reply.send(Readable.from(content, { objectMode: false }))
}

/** What signing in is refused with; all else that strangers fail in is kept out of the records. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403])

/** Keeps what was changed by whom. Reading, and publishing, which comes too often, are not. */
function record(
  parts: ServerParts,
  request: FastifyRequest,
  operation: OperationSpec,
  status: number,
  failure: string,
): void {
  const { method, permission } = operation
  const isChange = method !== 'GET' && permission !== 'publish' && permission !== 'read'
  if (!(operation.audited ?? isChange)) return
  // Strangers may not fill the records. Refusals of signing in are limited by their waits.
  const isSignIn = request.isLetIn && REFUSALS.has(status)
  if (request.caller.kind === 'nobody' && status >= 400 && !isSignIn) return
  parts.audit.record({
    caller: request.caller,
    address: addressOf(request),
    operation,
    params: request.params,
    query: request.query,
    body: request.body,
    status,
    failure,
    durationMs: performance.now() - request.startedAtMs,
  })
}
