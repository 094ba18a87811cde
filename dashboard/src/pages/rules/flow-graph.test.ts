import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flowGraph } from './flow-graph.ts'

const RULES = [
  { id: 'a', from: ['t/#', '$sources/mqtt:x'], actions: ['http:x', 'console'], isEnabled: true },
  { id: 'b', from: ['t/#'], actions: ['http:x', 'republish → out'], isEnabled: false, matched: 3 },
]

test('what several rules share is drawn once, in columns', () => {
  const { boxes, lines } = flowGraph(RULES)
  assert.deepEqual(
    boxes.map(({ key, column, row }) => [key, column, row]),
    [
      ['rule a', 1, 0],
      ['source t/#', 0, 0],
      ['source $sources/mqtt:x', 0, 1],
      ['action http:x', 2, 0],
      ['action console', 2, 1],
      ['rule b', 1, 1],
      ['action republish → out', 2, 2],
    ],
  )
  assert.equal(lines.length, 7)
  assert.deepEqual(lines[4], { from: 'source t/#', to: 'rule b', count: 3 })
})

test('a box leads to the page of what it stands for', () => {
  const to = Object.fromEntries(flowGraph(RULES).boxes.map((box) => [box.label, box.to]))
  assert.deepEqual(to, {
    a: '/rules/id/a',
    b: '/rules/id/b',
    't/#': '/topics',
    '$sources/mqtt:x': '/sources/id/mqtt%3Ax',
    'http:x': '/actions/id/http%3Ax',
    console: '/logs',
    'republish → out': undefined,
  })
})
