import type { SqlRow, SqlValue } from '#storage/sqlite/sqlite-database.ts'
import {
  AUDIT_METHODS,
  AUDIT_ORIGINS,
  getErrorCode,
  listAudit,
  listErrorCodes,
} from '../contract/audit.ts'
import { ERROR_CODES } from '../contract/error-codes.ts'
import type { ManagementContext } from '../context.ts'
import { notFound } from '../http/api-error.ts'
import { type Call, ok, type Route, route } from '../http/route.ts'
import { formatTime } from '../time-text.ts'
import { type Listing, readPage } from './read-page.ts'
import { requireTime } from './require-time.ts'

/** Who changed what, and the kinds of failures. */
export function auditRoutes(context: ManagementContext): readonly Route[] {
  const { audit } = context
  return [
    route(listAudit, ({ query }) => {
      const filter = filterOf(context, query)
      const listing: Listing<SqlRow, ['number']> = {
        shape: ['number'],
        keyOf: (row) => [Number(row['id'])],
        read: ({ after, skip, limit }) => {
          return { items: audit.list(filter, limit, skip, after?.[0]), count: audit.count(filter) }
        },
      }
      return readPage(query, listing, (row) => toBody(context, row))
    }),
    route(listErrorCodes, () => {
      return ok(Object.entries(ERROR_CODES).map(([code, description]) => ({ code, description })))
    }),
    route(getErrorCode, ({ params: { code } }) => {
      const description = Object.entries(ERROR_CODES).find(([name]) => name === code)?.[1]
      if (description === undefined) throw notFound(`There is no error code ${code}.`)
      return ok({ code, description })
    }),
  ]
}

function filterOf({ node }: ManagementContext, query: Call<typeof listAudit>['query']) {
  const where: string[] = []
  const values: SqlValue[] = []
  const add = (condition: string, value: SqlValue | undefined): void => {
    if (value === undefined) return
    where.push(condition)
    values.push(value)
  }
  if (query.node !== undefined && query.node !== node.name) where.push('0')
  add('origin = ?', query.from)
  add('source = ?', query.source)
  add('source_ip = ?', query.source_ip)
  add('operation_id = ?', query.operation_id)
  add('operation_type = ?', query.operation_type)
  add('status = ?', query.http_status_code)
  add('method = ?', query.http_method)
  add('duration_ms >= ?', query.gte_duration_ms)
  add('duration_ms <= ?', query.lte_duration_ms)
  add('created_at_ms >= ?', requireTime('query.gte_created_at', query.gte_created_at))
  add('created_at_ms <= ?', requireTime('query.lte_created_at', query.lte_created_at))
  const { operation_result: result } = query
  if (result !== undefined) where.push(result === 'success' ? 'status < 400' : 'status >= 400')
  return { where, values }
}

function toBody({ node }: ManagementContext, row: SqlRow) {
  const status = Number(row['status'])
  const method = methodOf(row['method'])
  const request = JSON.parse(String(row['request'])) as Record<string, unknown>
  return {
    created_at: formatTime(Number(row['created_at_ms'])),
    node: node.name,
    from: AUDIT_ORIGINS.find((origin) => origin === row['origin']) ?? 'dashboard',
    source: String(row['source']),
    source_ip: String(row['source_ip']),
    operation_id: String(row['operation_id']),
    operation_type: String(row['operation_type']),
    operation_result: status < 400 ? ('success' as const) : ('failure' as const),
    http_status_code: status,
    http_method: method,
    duration_ms: Number(row['duration_ms']),
    ...(row['failure'] !== '' && { failure: String(row['failure']) }),
    http_request: { method, ...request },
  }
}

function methodOf(value: SqlRow[string] | undefined): (typeof AUDIT_METHODS)[number] {
  return AUDIT_METHODS.find((method) => method === value) ?? 'post'
}
