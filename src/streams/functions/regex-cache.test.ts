import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex } from './regex-cache.ts'

test('no text keeps a pattern busy for long', () => {
  // With backtracking the first takes minutes, the second longer than anybody lives.
  for (const [pattern, text] of [
    ['(.*)-(.*)-(.*)-(.*)x$', '-'.repeat(20_000)],
    ['^(a+)+$', `${'a'.repeat(60)}!`],
  ] as const) {
    const regex = compileRegex(pattern)
    assert.equal(regex.test(text), false)
    assert.equal(regex.first(text), undefined)
    assert.equal(
      regex.replaceAll(text, () => 'x'),
      text,
    )
  }
})

test('groups, empty matches and characters of two units are those of JavaScript', () => {
  for (const [pattern, text] of [
    ['(a)|(b)', 'xaby'],
    ['x*', 'axb'],
    ['.', 'a😀b'],
    ['(\\d+)-(\\d+)?', '1-2 3-'],
    ['', 'ab'],
  ] as const) {
    const shown = (groups: readonly unknown[]) => `[${groups.map(String).join()}]`
    const javascript = new RegExp(pattern, 'gu')
    const expected = text.replaceAll(javascript, (...found: readonly unknown[]) =>
      shown(
        found.slice(
          0,
          found.findIndex((part) => typeof part === 'number'),
        ),
      ),
    )
    assert.equal(compileRegex(pattern).replaceAll(text, shown), expected, pattern)
  }
})

test('looking around and references to groups are known', () => {
  assert.equal(compileRegex('a(?=b)').test('ab'), true)
  assert.deepEqual(compileRegex(String.raw`(\w)\1`).first('abba'), ['bb', 'b'])
  const twice = compileRegex(String.raw`(\w)(?=\1)`).replaceAll('abba', ([, group]) => `${group}_`)
  assert.equal(twice, 'ab_ba')
})

test('what is no pattern is refused', () => {
  for (const pattern of ['(', '[a', 'a'.repeat(5_000)]) {
    assert.throws(() => compileRegex(pattern), RangeError, pattern.slice(0, 9))
  }
})
