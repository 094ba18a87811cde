import { describe, test } from 'node:test'
import { expectProblems } from './expect-problems.ts'
import { checkFunctions, checkLines } from './size-rules.ts'

/** A function body of `lines` lines with text that a plain count of braces would trip over. */
function body(lines: number): string {
  const trap = "const a = '}' // }"
  return Array.from({ length: lines - 2 }, () => trap).join('\n')
}

describe('lines', () => {
  test('500 lines of 100 columns pass', () => {
    const text = `${'x'.repeat(100)}\n`.repeat(500)
    expectProblems(checkLines, { 'src/kernel/a.ts': text }, [])
  })

  test('one more of each does not', () => {
    const text = `${'\n'.repeat(500)}${'x'.repeat(101)}\n`
    expectProblems(checkLines, { 'test/a.test.ts': text }, [
      /a\.test\.ts:501: file of 501 lines/,
      /a\.test\.ts:501: line of 101 columns/,
    ])
  })

  test('texts that are not code may be longer', () => {
    expectProblems(checkLines, { 'README.md': 'x'.repeat(300) }, [])
  })
})

describe('functions', () => {
  test('70 lines pass', () => {
    expectProblems(checkFunctions, { 'src/kernel/a.ts': `function f() {\n${body(70)}\n}` }, [])
  })

  test('71 lines do not, in every kind of function', () => {
    const files = {
      'src/kernel/a.ts': `\nfunction f() {\n${body(71)}\n}`,
      'src/kernel/b.ts': `const f = () => {\n${body(71)}\n}`,
      'src/kernel/c.ts': `class C {\n  #m() {\n${body(71)}\n}\n}`,
      'tools/d.mjs': `export default function () {\n${body(71)}\n}`,
    }
    expectProblems(checkFunctions, files, [
      /a\.ts:2: function of 71 lines, limit 70/,
      /b\.ts:1: /,
      /c\.ts:2: /,
      /d\.mjs:1: /,
    ])
  })

  test('a test or suite may have 200, a helper in it may not', () => {
    const files = {
      'test/a.test.ts': `test('x', async () => {\n${body(200)}\n})`,
      'test/b.test.ts': `describe('x', { timeout: 1 }, () => {\n${body(201)}\n})`,
      'test/c.test.ts': `await t.test('x', () => {\nconst f = () => {\n${body(71)}\n}\n})`,
      'test/d.test.ts': `run(() => {\n${body(71)}\n})`,
    }
    expectProblems(checkFunctions, files, [
      /b\.test\.ts:1: function of 201 lines, limit 200/,
      /c\.test\.ts:2: function of 71 lines, limit 70/,
      /d\.test\.ts:1: function of 71 lines/,
    ])
  })
})
