import { test } from 'node:test'
import { expectProblems } from './expect-problems.ts'
import { checkSwitchedTests } from './test-rules.ts'

test('a test that is switched off is found', () => {
  const [skip, only] = ['skip', 'only']
  const lines = [
    `test.${skip}('a', () => {})`,
    `describe.${only}('a', () => {})`,
    `test('a', { ${skip}: slow }, () => {})`,
    `test('a', (t) => t.${skip}('no server'))`,
    `t.test('a', { ${only}: true }, () => {})`,
  ]
  const wanted = lines.map((_, index) => new RegExp(`a\\.test\\.ts:${index + 1}: `))
  expectProblems(checkSwitchedTests, { 'src/net/a.test.ts': lines.join('\n') }, wanted)
})

test('other uses of the words are not', () => {
  const text = `iterator.skip(1)\ntest('skip', { timeout: 1 }, () => parse({ skip: 1 }))`
  expectProblems(checkSwitchedTests, { 'test/a.test.ts': text, 'src/net/a.ts': 'test.only()' }, [])
})
