/** Who changed what, and the kinds of failures. */
import { Type } from 'typebox'
import { oneOf, pageOf, pageQuery, pathText, TimeInput, Timestamp } from './common.ts'
import { operation } from './operation.ts'

const Result = oneOf(['success', 'failure'])
/** `get` where secrets were taken away. */
export const AUDIT_METHODS = ['post', 'put', 'delete', 'get'] as const
export const AUDIT_ORIGINS = ['dashboard', 'rest_api', 'cli', 'erlang_console'] as const
const HttpMethod = oneOf(AUDIT_METHODS)
const From = oneOf(AUDIT_ORIGINS)

const AuditRecord = Type.Object({
  created_at: Timestamp,
  node: Type.String(),
  from: From,
  source: Type.String({ description: 'Name of the user or of the API key.' }),
  source_ip: Type.String(),
  operation_id: Type.String({ description: 'Path.' }),
  operation_type: Type.String(),
  operation_result: Result,
  http_status_code: Type.Integer(),
  http_method: HttpMethod,
  duration_ms: Type.Integer(),
  failure: Type.Optional(Type.String()),
  http_request: Type.Unsafe<Record<string, unknown>>(
    Type.Object({ method: HttpMethod }, { additionalProperties: true }),
  ),
})

export const listAudit = operation({
  id: 'listAudit',
  method: 'GET',
  path: '/audit',
  tag: 'Audit',
  summary: 'Changes, done or refused, the latest first. Secrets are not in it.',
  permission: 'read',
  query: Type.Object({
    ...pageQuery,
    node: Type.Optional(Type.String()),
    from: Type.Optional(From),
    source: Type.Optional(Type.String()),
    source_ip: Type.Optional(Type.String()),
    operation_id: Type.Optional(Type.String()),
    operation_type: Type.Optional(Type.String()),
    operation_result: Type.Optional(Result),
    http_status_code: Type.Optional(Type.Integer()),
    http_method: Type.Optional(HttpMethod),
    gte_duration_ms: Type.Optional(Type.Integer()),
    lte_duration_ms: Type.Optional(Type.Integer()),
    gte_created_at: Type.Optional(TimeInput),
    lte_created_at: Type.Optional(TimeInput),
  }),
  replies: { 200: pageOf(AuditRecord) },
})

const ErrorKind = Type.Object({ code: Type.String(), description: Type.String() })

export const listErrorCodes = operation({
  id: 'listErrorCodes',
  method: 'GET',
  path: '/error_codes',
  tag: 'Error Codes',
  summary: 'Kinds of failures.',
  permission: 'public',
  replies: { 200: Type.Array(ErrorKind) },
})

export const getErrorCode = operation({
  id: 'getErrorCode',
  method: 'GET',
  path: '/error_codes/{code}',
  tag: 'Error Codes',
  summary: 'One kind of failures.',
  permission: 'public',
  params: pathText('code', 'Its code.'),
  replies: { 200: ErrorKind },
  errors: [404],
})
