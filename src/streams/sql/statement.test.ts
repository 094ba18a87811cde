/** Statements of the rule dialect: what they give, and what their mistakes say. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ValueMap } from '#plugin/value.ts'
import { sampleMessage, sampleServices } from '../../../test/streams/samples.ts'
import { prepareRule } from './prepare-rule.ts'
import { formatSqlProblem, SqlError } from './problem.ts'
import { MapRow } from './row.ts'
import { ruleDialect } from './rule-dialect.ts'

function run(sql: string, given: ValueMap = {}): readonly ValueMap[] {
  const { program } = prepareRule(sql, ruleDialect)
  return program(new MapRow({ ...sampleMessage(), ...given }), sampleServices())
}

function select(items: string, payload: unknown = {}): ValueMap | undefined {
  return run(`SELECT ${items} FROM "t"`, { payload: JSON.stringify(payload) })[0]
}

function passes(condition: string, payload: unknown = {}): boolean {
  const given = { payload: JSON.stringify(payload) }
  return run(`SELECT topic FROM "t" WHERE ${condition}`, given).length > 0
}

function mistakes(sql: string): readonly string[] {
  try {
    prepareRule(sql, ruleDialect)
    return []
  } catch (error) {
    assert.ok(error instanceof SqlError)
    return error.problems.map(formatSqlProblem)
  }
}

describe('what is selected', () => {
  test('names, paths and aliases say where values go', () => {
    assert.deepEqual(select('payload.a.b, payload.a.b as c, qos d', { a: { b: 1 } }), {
      payload: { a: { b: 1 } },
      c: 1,
      d: 1,
    })
    assert.deepEqual(select(`'x', 1 as a.b, 2 as a.c`), { x: 'x', a: { b: 1, c: 2 } })
  })

  test('* takes all columns, and the payload stays as it came', () => {
    const record = sampleMessage()
    assert.deepEqual(run('SELECT * FROM "t"')[0], record)
    assert.deepEqual(run('SELECT *, 1 as qos FROM "t"')[0], { ...record, qos: 1 })
  })

  test('an alias into the payload decodes it first', () => {
    const output = select('payload, payload.x * 2 as payload.y', { x: 2 })
    assert.deepEqual(output, { payload: { x: 2, y: 4 } })
  })

  test('later items and the condition see aliases', () => {
    assert.deepEqual(select('1 as a, a + 1 as b, b + 1 as c'), { a: 1, b: 2, c: 3 })
    assert.equal(run('SELECT qos + 1 as n FROM "t" WHERE n = 2').length, 1)
    assert.equal(run('SELECT qos + 1 as qos FROM "t" WHERE qos = 1').length, 0)
  })

  test('positions in lists are counted from 1, or from the end', () => {
    const payload = { l: [5, 6, 7], i: 2 }
    assert.deepEqual(select('payload.l[1] as a, payload.l[-1] as b', payload), { a: 5, b: 7 })
    assert.deepEqual(select('payload.l[payload.i] as a, payload.l[9] as b', payload), {
      a: 6,
      b: undefined,
    })
    assert.deepEqual(select(`payload.l[2..3] as a, payload['i'] as b`, payload), {
      a: [6, 7],
      b: 2,
    })
  })

  test('positions in an alias replace, prepend and append', () => {
    assert.deepEqual(select('[1..4] as c, 5 as c[-0], 0 as c[0]'), { c: [0, 1, 2, 3, 4, 5] })
    assert.deepEqual(select('[1..3] as c, 9 as c[2], 7 as c[8], 1 as n[1]'), {
      c: [1, 9, 3],
      n: [1],
    })
    const payload = { x: [{ y: 1 }, { y: 2 }] }
    assert.deepEqual(select('payload, 0 as payload.x[2].y', payload), {
      payload: { x: [{ y: 1 }, { y: 0 }] },
    })
  })

  test('what is written to an output leaves the message alone', () => {
    const sql = 'SELECT payload.m as m, 1 as m.x, payload.m as again FROM "t"'
    assert.deepEqual(run(sql, { payload: '{"m":{"y":2}}' })[0], {
      m: { y: 2, x: 1 },
      again: { y: 2 },
    })
  })

  test('keys that objects inherit are not there, and can be set', () => {
    const output = select('payload.constructor as a, payload.__proto__ as b, 1 as c.__proto__.d')
    assert.deepEqual([output?.a, output?.b], [undefined, undefined])
    assert.equal(JSON.stringify(output?.c), '{"__proto__":{"d":1}}')
    assert.equal(({} as Record<string, unknown>).d, undefined)
  })

  test('a text that is JSON can be looked into', () => {
    assert.deepEqual(select('payload.s.a as a, payload.n.a as b', { s: '{"a":1}', n: 'no' }), {
      a: 1,
      b: undefined,
    })
  })
})

describe('conditions', () => {
  test('a comparison with what is missing is false, but between two of them', () => {
    for (const op of ['=', '!=', '<', '>', '<=', '>=', '=~']) {
      assert.equal(passes(`payload.none ${op} 1`), false, op)
      assert.equal(passes(`'x' ${op} payload.none`), false, op)
    }
    assert.ok(passes('payload.none = payload.neither'))
    assert.ok(!passes('payload.none > payload.neither'))
  })

  test('numbers compare with text that is a number', () => {
    assert.ok(passes(`'10' > 9 and 9 < '10.5' and '1' = 1`))
    assert.throws(() => passes(`'abc' > 9`), /no number/)
  })

  test('precedence is OR, AND, NOT, comparison, sum, product, sign', () => {
    assert.ok(passes('true or true and false'))
    assert.ok(passes('not 1 = 2 and 1 + 2 * 3 = 7'))
    assert.ok(passes('-2 * -3 = 6 and 7 div 2 = 3 and 7 mod -2 = 1 and 7 / 2 = 3.5'))
  })

  test('=~ matches topics, LIKE matches texts, IN compares without conversion', () => {
    assert.ok(passes(`topic =~ 't/+' and not topic =~ 'x/#'`))
    assert.ok(passes(`topic like 't/_' and topic like '%a' and not topic like 'a%'`))
    assert.ok(passes(`qos in (0, 1) and qos not in ('1', 2) and 'a' in ('a', 'b')`))
  })

  test('words for operators are still names', () => {
    const output = select('payload.div as div, payload.like like, payload.mod mod 2 as mod', {
      div: 1,
      like: 2,
      mod: 5,
    })
    assert.deepEqual(output, { div: 1, like: 2, mod: 1 })
  })

  test('CASE takes the first branch that fits', () => {
    const sized = `CASE WHEN payload.t > 9 THEN 'big'
      WHEN payload.t > 5 THEN 'mid' ELSE 'small' END`
    assert.equal(select(`${sized} as s`, { t: 7 })?.s, 'mid')
    assert.equal(select(`${sized} as s`, {})?.s, 'small')
    assert.equal(select(`CASE qos WHEN '1' THEN 1 WHEN 1 THEN 2 END as s`)?.s, 2)
    assert.equal(select(`CASE qos WHEN 5 THEN 1 END as s`)?.s, undefined)
  })

  test('what the condition keeps out does not fail', () => {
    const sql = `SELECT payload.x FROM "t" WHERE topic = 'other'`
    assert.deepEqual(run(sql, { payload: 'no json' }), [])
    assert.throws(() => run('SELECT payload.x FROM "t"', { payload: 'no json' }), /no JSON/)
  })
})

describe('FOREACH', () => {
  const payload = JSON.stringify({ list: [{ n: 1 }, { n: 2 }, { n: 3 }], other: 'o' })

  test('gives an output for each element that INCASE lets through', () => {
    const sql = `FOREACH payload.list AS e DO e.n AS n, clientid, payload.other AS o
      INCASE e.n > 1 FROM "t"`
    assert.deepEqual(run(sql, { payload }), [
      { n: 2, clientid: 'c_emqx', o: 'o' },
      { n: 3, clientid: 'c_emqx', o: 'o' },
    ])
  })

  test('without DO an output is all columns and the element', () => {
    const [first] = run('FOREACH payload.list AS e FROM "t"', { payload })
    assert.deepEqual(first, { ...sampleMessage(), payload, e: { n: 1 } })
    assert.deepEqual(run('FOREACH payload.list DO item.n AS n FROM "t"', { payload })[2], { n: 3 })
  })

  test('earlier items are helpers of later ones', () => {
    const sql =
      'FOREACH payload.list AS all, all[1].n AS first, all AS e DO e.n + first AS s FROM "t"'
    assert.deepEqual(run(sql, { payload }), [{ s: 2 }, { s: 3 }, { s: 4 }])
  })

  test('gives nothing for what is no list', () => {
    assert.deepEqual(run('FOREACH payload.none FROM "t"', { payload }), [])
    assert.deepEqual(run('FOREACH payload.list FROM "t" WHERE qos = 5', { payload }), [])
  })
})

describe('mistakes are told', () => {
  test('all of them, with place, what was expected, and what to do', () => {
    const sql = 'SELECT lowr(a), b AS, upper(1, 2),\n  c d e FROM "t", WHERE x = '
    assert.deepEqual(mistakes(sql), [
      '1:8: there is no function lowr; did you mean lower?',
      '1:21: unexpected ",", expected a name',
      '1:23: upper takes 1 argument, not 2; write upper(text)',
      '2:7: unexpected "e", expected "," or FROM',
      '2:19: unexpected "WHERE", expected a topic; topics stand in double quotes',
      '2:29: unexpected end of the statement, expected an expression',
    ])
  })

  test('what other kinds of SQL have is named', () => {
    assert.match(mistakes('SELECT a FROM "t" GROUP BY a').join(''), /one message at a time/)
    assert.match(mistakes('SELECT a').join(''), /a rule reads FROM topics/)
    assert.match(mistakes('SELECT a FROM t/#').join(''), /topics stand in double quotes/)
    assert.match(mistakes('SELECT \'a FROM "t"').join(''), /a string without end/)
    assert.match(mistakes('SELECT a = b = c FROM "t"').join(''), /combine them with AND/)
    assert.match(mistakes('SELECT in FROM "t"').join(''), /reserved word/)
    assert.match(mistakes('DELETE FROM "t"').join(''), /expected SELECT or FOREACH/)
    assert.match(mistakes('').join(''), /expected SELECT or FOREACH/)
  })

  test('too deep, too long', () => {
    assert.match(mistakes(`SELECT ${'('.repeat(200)}`).join(''), /nested deeper than 100/)
    assert.match(mistakes(`SELECT ${'a'.repeat(70_000)}`).join(''), /more than 65536/)
    assert.match(mistakes('SELECT [1..99999999] FROM "t"').join(''), /at most 10000 elements/)
  })
})

test('comments and letters of any script are read', () => {
  const sql = 'SELECT -- first\n payload.größe AS größe /* second */ FROM "t"'
  assert.deepEqual(run(sql, { payload: '{"größe":1}' })[0], { größe: 1 })
})
