import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DriverError } from '#drivers/driver-error.ts'
import { ProduceQueue, type ProduceLimits } from './produce-queue.ts'

interface Item {
  readonly name: string
  readonly bytes: number
}

/** A queue whose requests a test answers by hand. */
function rig(limits: Partial<ProduceLimits> = {}) {
  const sent: { readonly names: string; done(): void; failed(error: Error): void }[] = []
  const all = { lingerMs: 0, lingerBytes: 1000, requestBytesMax: 100, inflightMax: 1, ...limits }
  const queue = new ProduceQueue<Item>(all, (items) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    sent.push({ names: items.map(({ name }) => name).join(''), done: resolve, failed: reject })
    return promise
  })
  const add = (names: string, bytes = 10): Promise<void> =>
    queue.add(Array.from(names, (name) => ({ name, bytes })))
  let answered = 0
  /** Answers the request that is next, and lets what comes of it happen. */
  const answer = async (error?: Error): Promise<void> => {
    const request = sent[answered++]
    if (request === undefined) throw new Error('there is no such request')
    if (error === undefined) request.done()
    else request.failed(error)
    await new Promise(setImmediate)
  }
  return { queue, sent, add, answer }
}

suite('the queue before Kafka', () => {
  test('merges what waits, in the order it came', async () => {
    const { sent, add } = rig()
    const first = add('a')
    const others = [add('bc'), add('d')]
    assert.equal(sent.length, 1)
    sent[0]?.done()
    await first
    assert.deepEqual(
      sent.map(({ names }) => names),
      ['a', 'bcd'],
    )
    sent[1]?.done()
    await Promise.all(others)
  })

  test('sends no more bytes at a time than it may; what is larger goes alone', async () => {
    const { sent, add } = rig({ inflightMax: 10 })
    const all = [add('a', 60), add('b', 60), add('c', 500), add('d', 10)]
    assert.deepEqual(
      sent.map(({ names }) => names),
      ['a', 'b', 'c', 'd'],
    )
    for (const request of sent) request.done()
    await Promise.all(all)
  })

  test('fails who had a part in a request, and drops the rest of that part', async () => {
    const { sent, add } = rig({ requestBytesMax: 20 })
    const failing = add('abc')
    const other = add('d')
    sent[0]?.failed(new Error('no'))
    await assert.rejects(failing, /no/)
    assert.deepEqual(
      sent.map(({ names }) => names),
      ['ab', 'd'],
    )
    sent[1]?.done()
    await other
  })

  test('sends for each caller alone when a request is refused; one fails alone', async () => {
    const { sent, add, answer } = rig()
    const first = add('x')
    const good = add('ab')
    const bad = assert.rejects(add('cd'), /too large/)
    const others = [add('e'), add('f')]
    await answer()
    await first
    await answer(new DriverError('fatal', 'too large'))
    await answer()
    await good
    await answer(new DriverError('fatal', 'too large'))
    await bad
    await answer()
    await answer()
    await Promise.all(others)
    assert.deepEqual(
      sent.map(({ names }) => names),
      ['x', 'abcdef', 'ab', 'cd', 'e', 'f'],
    )
  })

  test('stops sending for each alone when the connection fails', async () => {
    const { sent, add, answer } = rig()
    const first = add('x')
    const all = Promise.allSettled([add('a'), add('b'), add('c')])
    await answer()
    await first
    await answer(new DriverError('fatal', 'refused'))
    await answer(new DriverError('fatal', 'refused'))
    await answer(new DriverError('retryable', 'lost', true))
    const results = await all
    assert.deepEqual(
      results.map((one) => one.status === 'rejected' && String(one.reason)),
      ['DriverError: refused', 'DriverError: lost', 'DriverError: lost'],
    )
    assert.equal(sent.length, 4)
    const next = add('d')
    await answer()
    await next
  })

  test('waits for more, but not for more bytes than it should', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { sent, add } = rig({ lingerMs: 50, lingerBytes: 40, requestBytesMax: 1000 })
    const early = add('a')
    context.mock.timers.tick(49)
    assert.equal(sent.length, 0)
    context.mock.timers.tick(1)
    assert.equal(sent[0]?.names, 'a')
    sent[0]?.done()
    await early
    const full = [add('b'), add('cdef')]
    assert.equal(sent[1]?.names, 'bcdef')
    sent[1]?.done()
    await Promise.all(full)
  })

  test('fails what waits when it is closed', async () => {
    const { queue, sent, add } = rig()
    const underWay = add('a')
    const waiting = add('b')
    queue.close(new Error('closed'))
    await assert.rejects(waiting, /closed/)
    sent[0]?.done()
    await underWay
    assert.equal(sent.length, 1)
  })
})
