import type { PageMeta } from '../contract/common.ts'
import type { Page, PageRequest } from '../shards.ts'

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
