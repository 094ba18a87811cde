import { PAGE_LIMIT_DEFAULT, type PageMeta } from '../contract/common.ts'
import { badRequest } from '../http/api-error.ts'
import type { Page, PageRequest } from '../shards.ts'

/** What every list takes. */
export interface PageQuery {
  readonly page?: number
  readonly limit?: number
  readonly cursor?: string
}

/**
 * The page that is asked for.
 * @throws ApiError 400 when it is by number and by cursor
 */
export function pageRequest({ page, limit = PAGE_LIMIT_DEFAULT, cursor }: PageQuery): PageRequest {
  if (page !== undefined && cursor !== undefined) {
    throw badRequest('query.cursor does not go with query.page: send one of them.')
  }
  return { page, limit, cursor }
}

/**
 * `meta` of a page.
 * @param count of all entries that match; undefined when it is not known
 */
export function pageMeta(
  request: PageRequest,
  { hasNext, cursor }: Pick<Page<unknown>, 'hasNext' | 'cursor'>,
  count: number | undefined,
): PageMeta {
  return {
    ...(request.cursor === undefined && { page: request.page ?? 1 }),
    limit: request.limit,
    ...(count !== undefined && { count }),
    hasnext: hasNext,
    ...(cursor !== undefined && { cursor }),
  }
}
