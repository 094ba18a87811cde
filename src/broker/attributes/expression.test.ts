import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileExpression } from './expression.ts'

const CLIENT: Readonly<Record<string, string>> = {
  clientid: 'site-a/line 7-4711',
  username: 'Ada',
  cn: 'device',
  'user_property.site': 'north',
}
const valueOf = (name: string) => CLIENT[name]

describe('expressions of attributes', () => {
  const cases: readonly [source: string, value: string | undefined][] = [
    ['clientid', 'site-a/line 7-4711'],
    ['  username ', 'Ada'],
    ['dn', undefined],
    ['user_property.site', 'north'],
    ['user_property.none', undefined],
    [`'a "text"'`, 'a "text"'],
    ['"it\'s"', "it's"],
    ['7', '7'],
    [`nth(1, tokens(clientid, '-/'))`, 'site'],
    [`nth(3,tokens(clientid,'-/'))`, 'line 7'],
    [`nth(9, tokens(clientid, '-'))`, undefined],
    [`nth(0, tokens(clientid, '-'))`, undefined],
    [`nth(2, split('a--b-c', '-'))`, 'b'],
    [`nth(1, tokens(dn, '-'))`, undefined],
    [`nth('1', tokens(clientid, '-'))`, undefined],
    [`tokens(clientid, '-')`, undefined],
    ['substr(username, 1)', 'da'],
    ['substr(username, 0, 2)', 'Ad'],
    ['substr(dn, 0, 2)', undefined],
    ['lower(username)', 'ada'],
    ['upper(cn)', 'DEVICE'],
    [`trim('  x ')`, 'x'],
    [`concat(username, '@', cn, 1)`, 'Ada@device1'],
    [`concat([username, '@', cn])`, 'Ada@device'],
    [`concat(username, dn)`, undefined],
    [`coalesce(dn, '', cn)`, 'device'],
    ['coalesce(dn)', undefined],
    ['[clientid]', undefined],
  ]
  for (const [source, value] of cases) {
    test(`${source} is ${value}`, () => {
      assert.equal(compileExpression(source)(valueOf), value)
    })
  }

  const broken: readonly [source: string, message: RegExp][] = [
    ['', /^is not an expression from character 1 on/],
    ['password', /unknown name password at character 1; there are clientid/],
    ['nth(1)', /gives 1 values to nth/],
    ['nth(1, clientid', /from character 16 on/],
    ['nth(1 clientid)', /from character 7 on/],
    ['hash(clientid)', /unknown function hash.*there are nth/],
    ['clientid clientid', /from character 10 on/],
    [`'open`, /cannot be read from character 1 on/],
    ['a + b', /cannot be read from character 2 on/],
    [')', /from character 1 on/],
    [`${'lower('.repeat(30)}cn${')'.repeat(30)}`, /is not an expression/],
    ['x'.repeat(2000), /longer than 1024/],
  ]
  for (const [source, message] of broken) {
    test(`is refused: ${source.slice(0, 30)}`, () => {
      assert.throws(() => compileExpression(source), { message })
    })
  }
})
