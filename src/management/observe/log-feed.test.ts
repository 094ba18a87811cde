import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogRing } from '#kernel/system/log-ring.ts'
import { LogFeed } from './log-feed.ts'

test('a page looks at no more records than it needs, the latest first', () => {
  const ring = new LogRing()
  const seen: number[] = []
  for (let id = 1; id <= 50; id++) {
    const field = {
      get number() {
        seen.push(id)
        return id
      },
    }
    ring.add({
      timeMs: id,
      level: 'info',
      module: 'node',
      message: `event_${id}`,
      fields: { field },
    })
  }
  const feed = new LogFeed(ring, new Int32Array(new SharedArrayBuffer(4)))
  seen.length = 0
  const { lines, hasMore } = feed.page({ limit: 2, before: 40 })
  assert.deepEqual([lines.map(({ id }) => id), hasMore], [[39, 38], true])
  assert.deepEqual(seen, [39, 38, 37])
  const last = feed.page({ limit: 2, before: 3, text: 'event' })
  assert.deepEqual([last.lines.map(({ id }) => id), last.hasMore], [[2, 1], false])
})
