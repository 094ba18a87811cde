import type { ShardCore } from '../shard/core.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'
import type { ListPart, RouteView } from './views.ts'

/**
 * A part of the list of filters that anybody, in whatever shard, asked for. Places are counted
 * from the start, so that a filter which comes or goes meanwhile moves those behind it.
 * @param filter only this one
 */
export function* listRoutes(
  core: ShardCore,
  filter: string | undefined,
  skip: number,
  limit: number,
): Sliced<ListPart<RouteView>> {
  const timer = new SliceTimer(core.ports.clock)
  const items: RouteView[] = []
  let place = 0
  for (const route of core.router.filters()) {
    if (timer.due()) yield
    if (filter !== undefined && route.filter !== filter) continue
    if (place++ < skip) continue
    if (items.length >= limit) return { items, skipped: skip, next: place - 1 }
    items.push({ filter: route.filter, group: route.group })
  }
  return { items, skipped: Math.min(skip, place), next: undefined }
}
