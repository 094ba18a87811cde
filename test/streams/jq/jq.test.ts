/** Our jq against Debian's, and its limits. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { toJson } from '#streams/jq/jq-format.ts'
import type { JqValue } from '#streams/jq/jq-types.ts'
import { JqError, JqLimitError, JqSyntaxError } from '#streams/jq/jq-error.ts'
import { runJq } from '#streams/jq/run-jq.ts'
import { threadUs } from '../../bench/measure-rig.ts'
import { JQ_CASES } from './programs.ts'

/** The outputs, or that it failed. */
type Outcome = readonly JqValue[] | 'failed'

function ours(program: string, input: JqValue): Outcome {
  try {
    return JSON.parse(toJson(runJq(program, input))) as Outcome
  } catch (error) {
    assert.ok(error instanceof JqError || error instanceof JqSyntaxError, String(error))
    return 'failed'
  }
}

/** The outcomes of several programs for one input, by a single process. */
function theirs(programs: readonly string[], input: string): readonly Outcome[] {
  const all = `[${programs.map((program) => `(try [${program}] catch "failed")`).join(', ')}]`
  const { status, stdout, stderr, error } = spawnSync('jq', ['-c', all], {
    input,
    encoding: 'utf8',
  })
  if (error !== undefined) throw error
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as readonly Outcome[]
}

test('programs give what the jq of Debian gives', () => {
  const inputs = new Set(JQ_CASES.map(([, input]) => input))
  for (const input of inputs) {
    const programs = JQ_CASES.flatMap(([program, own]) => (own === input ? [program] : []))
    const value = JSON.parse(input) as JqValue
    const expected = theirs(programs, input)
    const actual = programs.map((program) => ours(program, value))
    for (const [index, program] of programs.entries()) {
      assert.deepEqual(actual[index], expected[index], program)
    }
  }
})

test('a program that does not end is stopped', () => {
  const endless = [
    'def f: f; f',
    '[repeat(1)]',
    '[range(1e12)]',
    'last(range(1e12))',
    'until(false; .)',
  ]
  for (const program of [...endless, 'def f: 1 + f; f', 'reduce range(99) as $i ("a"; . + .)']) {
    const startedUs = threadUs()
    assert.throws(() => runJq(program, null), JqLimitError, program)
    assert.ok(threadUs() - startedUs < 5_000_000, program)
  }
  assert.throws(() => runJq('range(1e6)', null), JqLimitError)
})

test('try does not catch a limit', () => {
  assert.throws(() => runJq('try last(range(1e12)) catch 1', null), JqLimitError)
})

// With the engine of JavaScript this would take hours: the test would not end.
test('a regular expression takes no longer for a text that was made to take long', () => {
  const text = 'a'.repeat(20_000)
  for (const pattern of ['(a+)+b', '(a|aa)*b', '.*a.*a.*a.*b']) {
    assert.deepEqual(runJq(`test("${pattern}")`, text), [false], pattern)
  }
  assert.throws(() => runJq('test("(?=a)b")', text), JqError)
})

test('matches of a long text take time in proportion to it', () => {
  // Minutes when each match looks at the text from its beginning.
  const text = '😀b'.repeat(50_000)
  const program = '[match("(?<x>b)(c)?"; "g")] | length, (last | del(.captures[1].name))'
  assert.deepEqual(runJq(program, text), [
    50_000,
    {
      offset: 99_999,
      length: 1,
      string: 'b',
      captures: [
        { offset: 99_999, length: 1, string: 'b', name: 'x' },
        { offset: -1, length: 0, string: null },
      ],
    },
  ])
})

test('a time limit stops a program', () => {
  let nowMs = 0
  const until = { nowMs: () => (nowMs += 1), endsAtMs: 10 }
  assert.throws(() => runJq('last(range(1e6))', null, until), /more time/)
})

test('no text makes anything but a syntax error', () => {
  const words =
    '. .a [ ] ( ) { } | , // ? as $x def f: ; if then else end "a\\(" ) 1 + - reduce try'
  const texts = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words.split(' ')), { maxLength: 20 }).map((all) => all.join(' ')),
  )
  fc.assert(
    fc.property(texts, (program) => {
      try {
        runJq(program, { a: [1] })
      } catch (error) {
        const isKnown =
          error instanceof JqSyntaxError ||
          error instanceof JqError ||
          error instanceof JqLimitError
        assert.ok(isKnown, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

test('a simple program runs 50000 times a second', () => {
  const input = {
    sensors: [
      { n: 'a', t: 20 },
      { n: 'b', t: 30 },
    ],
  }
  const program = '.sensors | map(select(.t > 25) | {n, f: (.t * 1.8 + 32)})'
  let bestUs = Number.POSITIVE_INFINITY
  for (let round = 0; round < 6; round++) {
    const startedUs = threadUs()
    for (let n = 0; n < 5000; n++) runJq(program, input)
    bestUs = Math.min(bestUs, (threadUs() - startedUs) / 5000)
  }
  assert.ok(bestUs < 20, `${bestUs.toFixed(1)} µs`)
})
