import { describe, test } from 'node:test'
import { expectProblems } from './expect-problems.ts'
import { checkCatalogs, checkCycles, checkReach } from './graph-rules.ts'

describe('cycles', () => {
  test('a circle is shown with its way', () => {
    const files = {
      'src/kernel/a.ts': `import './b.ts'`,
      'src/kernel/b.ts': `\nimport './c.ts'`,
      'src/kernel/c.ts': `import './b.ts'`,
    }
    expectProblems(checkCycles, files, [
      /^src\/kernel\/b\.ts:2: import cycle .*kernel\/b\.ts → .*kernel\/c\.ts → .*kernel\/b\.ts/,
    ])
  })

  test('types count, and so does a file that imports itself', () => {
    const files = {
      'src/kernel/a.ts': `import type { B } from './b.ts'\nexport type A = B`,
      'src/kernel/b.ts': `import type { A } from './a.ts'\nexport type B = A`,
      'src/kernel/c.ts': `import './c.ts'`,
    }
    expectProblems(checkCycles, files, [/cycle src\/kernel\/a\.ts/, /cycle src\/kernel\/c\.ts/])
  })

  test('two ways to one file are no circle', () => {
    const files = {
      'src/kernel/a.ts': `import './b.ts'\nimport './c.ts'`,
      'src/kernel/b.ts': `import './d.ts'`,
      'src/kernel/c.ts': `import './d.ts'`,
      'src/kernel/d.ts': '',
    }
    expectProblems(checkCycles, files, [])
  })
})

describe('reach', () => {
  test('a file that only a dead file imports is dead', () => {
    const files = {
      'src/app/main.ts': `import { used } from '#kernel/used.ts'`,
      'src/kernel/used.ts': '',
      'src/kernel/dead.ts': `import './deader.ts'`,
      'src/kernel/deader.ts': '',
    }
    expectProblems(checkReach, files, [/^src\/kernel\/dead\.ts:1: nothing/, /kernel\/deader\.ts/])
  })

  test('threads, tests and lazy imports keep files alive', () => {
    const files = {
      'src/app/main.ts': `new Worker(new URL('./pool.ts', import.meta.url))`,
      'src/app/pool.ts': `void import('./lazy.ts')`,
      'src/app/lazy.ts': '',
      'src/app/shard-main.ts': `import '#kernel/a.ts'`,
      'src/kernel/a.ts': '',
      'src/kernel/b.test.ts': `import './b.ts'`,
      'src/kernel/b.ts': '',
    }
    expectProblems(checkReach, files, [])
  })
})

describe('catalogues', () => {
  const sink = 'export default defineSink({})'

  test('a plugin outside its catalogue is found', () => {
    const files = {
      'src/integrations/catalog.ts': `import http from './http/sink.ts'`,
      'src/integrations/http/sink.ts': sink,
      'src/integrations/mqtt/sink.ts': sink,
      'src/access/token.ts': 'export default defineAuthenticator({})',
    }
    expectProblems(checkCatalogs, files, [
      /mqtt\/sink\.ts:1: defineSink .* src\/integrations\/catalog\.ts/,
      /access\/token\.ts:1: defineAuthenticator .* a catalog\.ts beside or above it/,
    ])
  })

  test('other default exports need none', () => {
    expectProblems(checkCatalogs, { 'src/cli/x.ts': 'export default make({})' }, [])
  })
})
