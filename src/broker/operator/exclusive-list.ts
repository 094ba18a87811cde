import type { Broker } from '../shard/broker.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'
import type { ExclusiveView, ListPart, ListRange } from './views.ts'

/**
 * A part of the list of `$exclusive/` topics that this shard keeps the holders of, in the order in
 * which they were taken. Places are counted from the start, so that a topic which is given back
 * meanwhile moves those behind it.
 */
export function* listExclusive(
  { core, exclusive }: Pick<Broker, 'core' | 'exclusive'>,
  { after, skip, limit }: ListRange,
): Sliced<ListPart<ExclusiveView>> {
  const timer = new SliceTimer(core.ports.clock)
  const items: ExclusiveView[] = []
  let place = 0
  for (const [topic, clientId] of exclusive.held()) {
    if (timer.due()) yield
    if (place++ < after + skip) continue
    if (items.length >= limit) return { items, skipped: skip, next: place - 1 }
    items.push({ topic, clientId })
  }
  return { items, skipped: Math.max(0, Math.min(skip, place - after)), next: undefined }
}
