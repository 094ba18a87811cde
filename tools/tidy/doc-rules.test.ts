import { test } from 'node:test'
import { checkDocs } from './doc-rules.ts'
import { expectProblems } from './expect-problems.ts'

test('an exported function or class without a doc comment is found', () => {
  const files = {
    'src/net/a.ts': '/** A file. */\n\nconst x = 1\nexport function f() {}',
    'src/net/b.ts': '// Not a doc comment.\nexport class C {}',
    'src/net/c.ts': 'export const f = () => 1',
    'src/net/d.ts': 'function f() {}\nexport { f }',
    'src/net/e.ts': 'export default function () {}',
  }
  expectProblems(checkDocs, files, [
    /a\.ts:4: f has no doc/,
    /b\.ts:2: C has no doc/,
    /c\.ts:1: f has no doc/,
    /d\.ts:1: f has no doc/,
    /e\.ts:1: the default export has no doc/,
  ])
})

test('what is documented, private, a type, a value or a test passes', () => {
  const text = `
    /** Overloads share one comment. */
    export function f(a: string): void
    export function f(a: number): void
    export function f(a: unknown) {}

    /** A class. */
    export class C {}
    /** Listed below. */
    function g() {}
    function h() {}
    export { g }
    export interface I {}
    export const LIMIT = 1
  `
  expectProblems(checkDocs, { 'src/net/a.ts': text, 'src/net/a.test.ts': 'export class C {}' }, [])
})
