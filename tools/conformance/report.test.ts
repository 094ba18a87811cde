import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeProject } from '../tidy/project.ts'
import { formatReport, isConformant, makeReport } from './report.ts'
import { type Statement, parseStatements } from './statements.ts'

// Tags are put together here, so that the report of this repository does not count them.
const tag = (number: string): string => `MQTT-${number}`
const mark = (number: string): string => `[${tag(number)}]`

function statement(number: string, more: Partial<Statement> = {}): Statement {
  const rest = { section: '3.1', summary: 'does it', untestedReason: '', sameAs: [] }
  return { tag: tag(number), binds: 'server', ...rest, ...more }
}

function tagsIn(list: readonly { readonly tag: string }[]): readonly string[] {
  return list.map((item) => item.tag)
}

describe('report', () => {
  test('a statement is proven by the name or the table of a test', () => {
    const project = makeProject({
      'src/codec/a.ts': `// ${mark('1.1-1')}\n`,
      'src/codec/a.test.ts': `test('${mark('1.1-1')} ${mark('1.1-2')} holds', f)`,
      'test/mqtt5/b.test.ts': `const rows = [\`\n${mark('1.1-3')} \${x} ${mark('1.1-4')}\`]`,
    })
    const numbers = ['1.1-1', '1.1-2', '1.1-3', '1.1-4']
    const report = makeReport(
      project,
      numbers.map((number) => statement(number)),
    )
    assert.deepEqual(report.untested, [])
    assert.equal(report.provenStatements, 4)
    assert.deepEqual(tagsIn(report.unsourced), numbers.slice(1).map(tag))
    assert.equal(isConformant(report), true)
  })

  test('a comment in a test and a tag in the source prove nothing', () => {
    const project = makeProject({
      'src/codec/a.ts': `const text = '${mark('1.1-1')}'`,
      'src/codec/a.test.ts': `// ${mark('1.1-1')}\ntest('holds', f)`,
    })
    const report = makeReport(project, [statement('1.1-1')])
    assert.deepEqual(tagsIn(report.untested), [tag('1.1-1')])
    assert.equal(isConformant(report), false)
  })

  test('statements for clients and those with a reason need no test', () => {
    const statements = [
      statement('1.1-1', { binds: 'client' }),
      statement('1.1-2', { untestedReason: 'a statement about documents' }),
      statement('1.1-3', { binds: 'both' }),
    ]
    const report = makeReport(makeProject({}), statements)
    assert.equal(report.serverStatements, 2)
    assert.deepEqual(tagsIn(report.untested), [tag('1.1-3')])
  })

  test('a statement that repeats another is proven with it', () => {
    const older = { tag: `MQTT311-1.1-1`, sameAs: [tag('1.1-1')] }
    const project = makeProject({
      'test/a.test.ts': `test('${mark('1.1-1')}', f)`,
      'test/b.test.ts': `test('[${older.tag}]', f)`,
    })
    const statements = [statement('1.1-1'), statement('', older)]
    assert.equal(isConformant(makeReport(project, statements)), true)
    const report = makeReport(makeProject({}), [statement('', older)])
    assert.deepEqual(report.untested, [])
    assert.deepEqual(tagsIn(report.dangling), [older.tag])
    assert.equal(isConformant(report), false)
  })

  test('a reason that a test makes false has to go', () => {
    const project = makeProject({ 'test/a.test.ts': `test('${mark('1.1-1')}', f)` })
    const report = makeReport(project, [statement('1.1-1', { untestedReason: 'impossible' })])
    assert.deepEqual(tagsIn(report.needlessReasons), [tag('1.1-1')])
    assert.equal(isConformant(report), false)
  })

  test('an unknown or misspelt tag is found with its place', () => {
    const project = makeProject({
      'src/codec/a.ts': `\n// ${mark('9.9-9')} and ${mark('1.1')}`,
      'tools/t.ts': `// ${mark('8.8-8')}`,
    })
    const report = makeReport(project, [])
    assert.deepEqual(report.unknown, [
      { tag: tag('9.9-9'), path: 'src/codec/a.ts', line: 2, kind: 'source' },
      { tag: tag('1.1'), path: 'src/codec/a.ts', line: 2, kind: 'source' },
    ])
    assert.equal(isConformant(report), false)
    assert.match(formatReport(report), /tags that no table has: 2\n {2}src\/codec\/a\.ts:2: \[/)
  })

  test('the text names what is missing and counts what is proven', () => {
    const text = formatReport(makeReport(makeProject({}), [statement('1.1-1')]))
    assert.ok(text.includes(`without a test: 1\n  ${mark('1.1-1')} §3.1 does it`))
    assert.match(text, /0 of 1 server statements proven by a test$/)
  })
})

describe('statements', () => {
  const head = 'tag\tbinds\tsection\tsummary\tuntested-reason\n'

  test('a table is read with and without a reason and the same in another version', () => {
    const text = `${head}${tag('1.1-1')}\tserver\t1.1\tdoes it\t\n`
    const same = `${tag('1.1-1')} ${tag('1.1-2')}`
    const older = `MQTT311-1.1-2\tboth\t1.1\tis it\tno way to see it\t${same}`
    assert.deepEqual(parseStatements('x.tsv', `${text}${older}\n`), [
      { ...statement('1.1-1'), section: '1.1' },
      {
        tag: 'MQTT311-1.1-2',
        binds: 'both',
        section: '1.1',
        summary: 'is it',
        untestedReason: 'no way to see it',
        sameAs: [tag('1.1-1'), tag('1.1-2')],
      },
    ])
  })

  test('a line that does not fit is refused with its place', () => {
    const row = `${tag('1.1-1')}\tserver\t1.1\tdoes it\t`
    const bad: readonly (readonly [string, RegExp])[] = [
      [`\n1.1-1\tserver\t1.1\tx\t`, /^Error: x\.tsv:3: 1\.1-1 is no tag/],
      [`${mark('1.1-1')}\tserver\t1.1\tx\t`, /x\.tsv:2: \[.* is no tag/],
      [`${tag('1.1-1')}\tbroker\t1.1\tx\t`, /x\.tsv:2: broker is none of/],
      [`${tag('1.1-1')}\tserver\t1.1\t\t`, /section and summary/],
      [`${row}\ta\tb`, /7 columns/],
      [`${tag('1.1-1')}\tserver\t1.1\tx`, /4 columns/],
      [`${row}\tsame`, /same is no tag/],
      [`${row}\n${row}`, /x\.tsv:3: MQTT-1\.1-1 again/],
    ]
    for (const [text, message] of bad) {
      assert.throws(() => parseStatements('x.tsv', `${head}${text}`), message)
    }
  })
})
