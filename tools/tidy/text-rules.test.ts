import { describe, test } from 'node:test'
import { expectProblems } from './expect-problems.ts'
import { checkBarrels, checkNames, checkSyntax, checkWords } from './text-rules.ts'

// Cut so that this file does not hold what it looks for.
const MACHINE = ['', 'work', 'main', 'x'].join('/')
const BRIEF = ['', 'tmp', 'brief'].join('/')
const HOME = ['', 'home', 'ann', 'x'].join('/')
const MARK = `TO${'DO'}`

describe('names', () => {
  test('kebab-case with a role, and sections of a standard', () => {
    const paths = [
      'src/net/tcp-server.slow.test.ts',
      'test/mqtt5/3.1-connect.test.ts',
      'docs/X_Y.md',
    ]
    expectProblems(checkNames, Object.fromEntries(paths.map((path) => [path, ''])), [])
  })

  test('anything else is found', () => {
    const paths = [
      'src/net/tcpServer.ts',
      'src/net/tcp_server.ts',
      'src/Net/a.ts',
      'src/net/index.ts',
    ]
    expectProblems(checkNames, Object.fromEntries(paths.map((path) => [path, ''])), [
      /tcpServer\.ts: name the file in kebab-case/,
      /tcp_server\.ts/,
      /folder Net/,
      /no index file/,
    ])
  })
})

describe('barrels', () => {
  test('a file that only passes on others is found', () => {
    const files = {
      'src/net/all.ts': `export * from './a.ts'\nexport { b } from './b.ts'`,
      'src/net/one.ts': `export * from './a.ts'\nexport const c = 1`,
      'src/net/empty.ts': '',
    }
    expectProblems(checkBarrels, files, [/^src\/net\/all\.ts:1: only passes on/])
  })
})

describe('words', () => {
  test('unfinished work is found in code', () => {
    const text = `\n// ${MARK}: later`
    expectProblems(checkWords, { 'src/net/a.ts': text, 'docs/a.md': text }, [/a\.ts:2: TO.O/])
  })

  test('machine paths and numbers of issues are found in every text', () => {
    const lines = [`see ${MACHINE}`, BRIEF, HOME, `fixes issue ${'#'}12`, `done (${'#'}12)`]
    expectProblems(checkWords, { 'docs/a.md': lines.join('\n') }, [
      /a\.md:1: a path of one machine/,
      /a\.md:2: a path/,
      /a\.md:3: a path/,
      /a\.md:4: the number of an issue/,
      /a\.md:5: the number/,
    ])
  })

  test('topics, addresses and numbers that look alike are none', () => {
    const word = 'work'
    const paths = `site/${word}/1 net/home/x https://example.org/${word}/`
    const text = `${paths} §4.7.2 #12 tissue 3 [MQTT-3.1.4-2]`
    expectProblems(checkWords, { 'docs/a.md': text }, [])
  })

  test('the lock file names no registry', () => {
    const text = `"node_modules/x": {\n"resolved": "https://example.org/x.tgz"`
    expectProblems(checkWords, { 'package-lock.json': text }, [
      /package-lock\.json:2: the lock file/,
    ])
  })
})

describe('syntax', () => {
  test('a file that does not parse is found', () => {
    expectProblems(checkSyntax, { 'src/net/a.ts': 'const = 1' }, [/a\.ts:1: does not parse/])
  })
})
