import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metric } from '#broker/metrics.ts'
import { RetainedFeed } from '#broker/retained/retained-feed.ts'
import type { FeedJob } from '#broker/retained/retained-feed.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import { Retainer } from './retainer.ts'

interface Bench {
  readonly retainer: Retainer
  readonly feed: RetainedFeed
}

function bench(deliveryRate: number, topics: number, jobsMax?: number): Bench {
  const store = new MemoryDisk().open({ automatic: true })
  const retainer = new Retainer({ store, settings: { deliveryRate } })
  for (let index = 0; index < topics; index++) retainer.set(`t/${index}`)
  const { clock, metrics } = retainer
  const feed = new RetainedFeed({ clock, metrics, settings: () => retainer.settings }, jobsMax)
  return { retainer, feed }
}

test('without a rate everything is given in one run, then done is called', () => {
  const { retainer, feed } = bench(Number.POSITIVE_INFINITY, 1_000)
  let given = 0
  let done = 0
  feed.start(
    retainer.retained.open('#'),
    () => ++given > 0,
    () => done++,
  )
  assert.equal(given, 0)
  assert.equal(feed.run(), Number.POSITIVE_INFINITY)
  assert.equal(given, 1_000)
  assert.equal(done, 1)
  assert.equal(feed.size, 0)
  assert.equal(retainer.metrics.get(Metric.RETAINED_DELIVERED), 1_000)
})

test('a rate gives the first second at once and then so many per second', () => {
  const { retainer, feed } = bench(1_000, 3_500)
  let given = 0
  feed.start(retainer.retained.open('#'), () => ++given > 0)
  let waitMs = feed.run()
  assert.equal(given, 1_000)
  const startMs = retainer.clock.nowMs()
  while (feed.size > 0) {
    assert.ok(waitMs > 0 && waitMs <= 100, `waits ${waitMs} ms`)
    retainer.clock.advance(waitMs)
    waitMs = feed.run()
  }
  const tookMs = retainer.clock.nowMs() - startMs
  assert.equal(given, 3_500)
  assert.ok(tookMs >= 2_400 && tookMs <= 2_700, `took ${tookMs} ms`)
})

test('a run ends after some ms, and deliveries take turns', () => {
  const { retainer, feed } = bench(Number.POSITIVE_INFINITY, 2_000)
  const given = [0, 0]
  for (const job of [0, 1]) feed.start(retainer.retained.open('#'), () => ++given[job]! > 0)
  retainer.clock.stepMs = 0.5
  assert.equal(feed.run(), 0)
  assert.ok(given[0]! > 0 && given[0]! < 2_000, `${given[0]} given`)
  retainer.clock.stepMs = 0.1
  feed.run()
  assert.ok(given[1]! > 0, 'the second delivery has its turn')
  retainer.clock.stepMs = 0
  feed.run()
  assert.deepEqual(given, [2_000, 2_000])
})

test('a receiver that has had enough is given nothing until it resumes', () => {
  const { retainer, feed } = bench(Number.POSITIVE_INFINITY, 10)
  let given = 0
  const job = feed.start(retainer.retained.open('#'), () => ++given % 4 !== 0)
  feed.run()
  assert.equal(given, 4)
  assert.equal(feed.run(), Number.POSITIVE_INFINITY)
  assert.equal(given, 4)
  job?.resume()
  job?.resume()
  feed.run()
  assert.equal(given, 8)
  job?.resume()
  feed.run()
  assert.equal(given, 10)
  assert.equal(feed.size, 0)
})

test('a cancelled delivery stops at once, wherever it stands', () => {
  const { retainer, feed } = bench(100, 300)
  let given = 0
  const inTurn: { job?: FeedJob | undefined } = {}
  inTurn.job = feed.start(retainer.retained.open('#'), () => {
    given++
    inTurn.job?.cancel()
    return true
  })
  feed.run()
  assert.equal(given, 1)
  const waiting = feed.start(retainer.retained.open('#'), () => ++given > 0)
  feed.run()
  assert.equal(given, 101)
  waiting?.cancel()
  waiting?.resume()
  retainer.clock.advance(1_000)
  assert.equal(feed.run(), Number.POSITIVE_INFINITY)
  assert.equal(given, 101)
  assert.equal(feed.size, 0)
})

test('a change of the rate holds for deliveries under way', () => {
  const { retainer, feed } = bench(100, 1_000)
  let given = 0
  feed.start(retainer.retained.open('#'), () => ++given > 0)
  feed.run()
  assert.equal(given, 100)
  retainer.settings = { ...retainer.settings, deliveryRate: Number.POSITIVE_INFINITY }
  retainer.clock.advance(50)
  feed.run()
  assert.equal(given, 1_000)
})

test('a delivery without a rate that gets one starts with a full second', () => {
  const { retainer, feed } = bench(Number.POSITIVE_INFINITY, 1_000)
  let given = 0
  const job = feed.start(retainer.retained.open('#'), () => ++given !== 10)
  feed.run()
  assert.equal(given, 10)
  retainer.settings = { ...retainer.settings, deliveryRate: 100 }
  job?.resume()
  feed.run()
  assert.equal(given, 110)
})

test('more deliveries than the limit are refused', () => {
  const { retainer, feed } = bench(1, 5, 2)
  const start = (): FeedJob | undefined => feed.start(retainer.retained.open('#'), () => true)
  assert.notEqual(start(), undefined)
  const second = start()
  assert.equal(start(), undefined)
  second?.cancel()
  assert.notEqual(start(), undefined)
})
