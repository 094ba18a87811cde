import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyWaivers, formatProblem } from './problem.ts'

const problem = { rule: 'docs', path: 'src/net/a.ts', line: 3, message: 'f has no doc comment' }

test('a problem reads as a place and a remedy', () => {
  assert.equal(formatProblem(problem), 'src/net/a.ts:3: f has no doc comment [docs]')
})

test('a waiver covers one rule in one file; one that covers nothing is told', () => {
  const used = { rule: 'docs', path: 'src/net/a.ts', reason: 'generated' }
  const unused = { rule: 'names', path: 'src/net/a.ts', reason: 'generated' }
  const other = { ...problem, path: 'src/net/b.ts' }
  const { open, unused: rest } = applyWaivers([problem, other], [used, unused])
  assert.deepEqual(open, [other])
  assert.deepEqual(rest, [unused])
})
