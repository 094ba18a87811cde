import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fifo } from './fifo.ts'

test('items come out in the order they went in', () => {
  const queue = new Fifo<string>(10, 100)
  for (const item of ['a', 'b', 'c']) assert.equal(queue.push(item, 1), true)
  assert.equal(queue.peek(), 'a')
  assert.deepEqual(
    [queue.shift(), queue.shift(), queue.shift(), queue.shift()],
    ['a', 'b', 'c', undefined],
  )
})

test('a push beyond the limit of items or of bytes is refused and counted', () => {
  const queue = new Fifo<number>(2, 10)
  assert.equal(queue.push(1, 11), false)
  assert.equal(queue.push(1, 10), true)
  assert.equal(queue.push(2, 1), false)
  assert.equal(queue.push(2, 0), true)
  assert.equal(queue.push(3, 0), false)
  assert.equal(queue.refused, 3)
})

test('a queue without limits takes everything', () => {
  const queue = new Fifo<number>(Infinity, Infinity)
  for (let i = 0; i < 1000; i++) queue.push(i, 2 ** 40)
  assert.equal(queue.count, 1000)
  assert.equal(queue.bytes, 1000 * 2 ** 40)
})

test('memory grows with what is in the queue and is given back', () => {
  const queue = new Fifo<number>(Infinity, Infinity)
  assert.equal(queue.capacity, 0)
  for (let i = 0; i < 1000; i++) queue.push(i, 1)
  assert.equal(queue.capacity, 1024)
  while (queue.count > 1) queue.shift()
  assert.equal(queue.capacity, 8)
  assert.equal(queue.shift(), 999)
})

type Step = { readonly kind: 'push'; readonly size: number } | { readonly kind: 'shift' | 'clear' }

test('any mix of operations behaves like a list', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('push'), size: fc.nat(20) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('shift') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear') }) },
  ) as fc.Arbitrary<Step>
  const limits = [fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 400 })] as const
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 400, size: 'max' }),
      ...limits,
      (steps, countMax, bytesMax) => {
        const queue = new Fifo<number>(countMax, bytesMax)
        let model: { item: number; size: number }[] = []
        for (const [item, next] of steps.entries()) {
          if (next.kind === 'push') {
            const bytes = model.reduce((sum, { size }) => sum + size, 0)
            const fits = model.length < countMax && bytes + next.size <= bytesMax
            assert.equal(queue.push(item, next.size), fits)
            if (fits) model.push({ item, size: next.size })
          } else if (next.kind === 'shift') {
            assert.equal(queue.shift(), model.shift()?.item)
          } else {
            queue.clear()
            model = []
          }
          assert.equal(queue.count, model.length)
          assert.equal(
            queue.bytes,
            model.reduce((sum, { size }) => sum + size, 0),
          )
          assert.equal(queue.peek(), model[0]?.item)
          assert.equal(queue.at(model.length - 1), model.at(-1)?.item)
          assert.equal(queue.at(model.length), undefined)
          assert.deepEqual(
            Array.from(queue),
            model.map(({ item: expected }) => expected),
          )
        }
      },
    ),
    { numRuns: 60 },
  )
})
