import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePattern } from './text-pattern.ts'

describe('a regular expression for texts of clients', () => {
  it('means what it means elsewhere', () => {
    const cases: readonly (readonly [pattern: string, text: string, fits: boolean])[] = [
      ['^meter-', 'meter-7', true],
      ['^meter-', 'a meter-7', false],
      ['x$', 'line\nx', true],
      ['^x$', 'line\nx', false],
      ['\\d{2,3}-[a-f]+', 'n 12-cafe', true],
      ['^.$', '😀', true],
      ['\\u00e9|\\p{Lu}$', 'caf\u00e9', true],
      ['a.b', 'a\nb', false],
      ['(?<kind>pump|valve)[0-9]', 'valve3', true],
    ]
    for (const [pattern, text, fits] of cases) {
      assert.equal(compilePattern(pattern).test(text), fits, `${pattern} ${JSON.stringify(text)}`)
    }
  })

  // With the engine of JavaScript this would take hours: the test would not end.
  it('takes no longer for a text that was made to take long', () => {
    const hostile = `${'-'.repeat(65_000)}!`
    for (const pattern of ['.*-.*-.*-.*x$', '(-+)+$', '(-|-)*x', '^(-*)*$']) {
      assert.equal(compilePattern(pattern).test(hostile), false, pattern)
    }
  })

  it('is refused when it cannot be tested so', () => {
    for (const pattern of ['(', '(?=a)b', '(a)\\1', 'a{2000}']) {
      assert.throws(() => compilePattern(pattern), Error, pattern)
    }
  })
})
