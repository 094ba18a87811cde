import { describe, test } from 'node:test'
import { expectProblems } from './expect-problems.ts'
import { checkImports } from './import-rules.ts'

const KERNEL = { 'src/kernel/a.ts': 'export const a = 1\n' }
const PLUGIN = { 'src/plugin/p.ts': 'export type P = number\n' }

describe('layers', () => {
  test('a lower layer may be imported', () => {
    expectProblems(
      checkImports,
      { ...KERNEL, 'src/broker/b.ts': `import { a } from '#kernel/a.ts'\nexport const b = a\n` },
      [],
    )
  })

  test('a higher layer may not, and a type counts', () => {
    const lines = [
      `import type { P } from '#plugin/p.ts'`,
      `export type Q = import('#plugin/p.ts').P`,
      `export { type P } from '#plugin/p.ts'`,
      `export const load = () => import('#plugin/p.ts')`,
      `new URL('../plugin/p.ts', import.meta.url)`,
    ]
    expectProblems(checkImports, { ...PLUGIN, 'src/broker/b.ts': lines.join('\n') }, [
      /^src\/broker\/b\.ts:1: broker \(level 2\) must not import plugin \(level 3\)/,
      /^src\/broker\/b\.ts:2: broker/,
      /^src\/broker\/b\.ts:3: broker/,
      /^src\/broker\/b\.ts:4: broker/,
      /^src\/broker\/b\.ts:5: \.\.\/plugin\/p\.ts leaves the folder/,
    ])
  })

  test('folders of one level do not see each other', () => {
    expectProblems(checkImports, { 'src/net/n.ts': '', 'src/codec/c.ts': `import '#net/n.ts'` }, [
      /codec \(level 1\) must not import net \(level 1\)/,
    ])
  })

  test('the command line sees only the contract of the management', () => {
    const files = {
      'src/management/contract/c.ts': '',
      'src/management/audit.ts': '',
      'src/cli/x.ts': `import '#management/contract/c.ts'\nimport '#management/audit.ts'`,
    }
    expectProblems(checkImports, files, [/x\.ts:2: cli may import only management\/contract\//])
  })

  test('an unknown folder is refused', () => {
    expectProblems(checkImports, { 'src/misc/x.ts': '', 'src/y.ts': '' }, [
      /src\/misc\/x\.ts:1: belongs to no layer/,
      /src\/y\.ts:1: belongs to no layer/,
    ])
  })
})

describe('specifiers', () => {
  test('inside a layer paths are relative, across layers they begin with #', () => {
    const files = {
      ...KERNEL,
      'src/kernel/b.ts': `import '#kernel/a.ts'\nimport './a.ts'`,
      'src/broker/b.ts': `import '../kernel/a.ts'`,
      'test/x.test.ts': `import '../src/kernel/a.ts'\nimport '#kernel/a.ts'`,
    }
    expectProblems(checkImports, files, [
      /kernel\/b\.ts:1: #kernel\/a\.ts is in the same layer/,
      /broker\/b\.ts:1: .* write #kernel\/a\.ts/,
      /test\/x\.test\.ts:1: .* write #kernel\/a\.ts/,
    ])
  })

  test('a path is complete', () => {
    const files = { ...KERNEL, 'src/kernel/b.ts': `import './a'\nimport '.'` }
    expectProblems(checkImports, files, [
      /b\.ts:1: \.\/a names no file/,
      /b\.ts:2: \.: write \.\/ or/,
    ])
  })

  test('sources import neither tests nor files outside src', () => {
    const files = {
      'src/kernel/a.test.ts': `import '../../test/help.ts'`,
      'src/kernel/a.ts': `import './a.test.ts'\nimport '../../tools/t.ts'`,
      'test/help.ts': '',
      'tools/t.ts': '',
    }
    expectProblems(checkImports, files, [/a\.ts:1: .* is a test/, /a\.ts:2: .* is outside src/])
  })
})

describe('built-in modules and packages', () => {
  test('a pure folder imports only types of built-in modules', () => {
    const text = `import type { Socket } from 'node:net'\nimport { type Server } from 'node:net'`
    expectProblems(checkImports, { 'src/codec/c.ts': text }, [/c\.ts:2: node:net is not for/])
  })

  test('each folder has its list', () => {
    const files = {
      'src/storage/s.ts': `import 'lmdb'\nimport 'node:fs'`,
      'src/streams/s.ts': `import 'lmdb'\nimport 'fs'\nimport '@scope/name/part.js'`,
    }
    expectProblems(checkImports, files, [
      /streams\/s\.ts:1: package lmdb/,
      /streams\/s\.ts:2: fs is not for this folder/,
      /streams\/s\.ts:3: package @scope\/name/,
    ])
  })

  test('an exception inside a layer and a test beside the source have more', () => {
    const text = `import 'node:fs'`
    const files = { 'src/kernel/system/clock.ts': text, 'src/kernel/clock.test.ts': text }
    expectProblems(checkImports, files, [])
  })
})
