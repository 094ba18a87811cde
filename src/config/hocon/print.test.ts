import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { printHocon } from './print.ts'
import { parseHocon } from './resolve.ts'
import { fromPlain, toPlain } from './value.ts'
import type { Plain } from './value.ts'

const hard = fc.constantFrom(
  'a\nb',
  ' a\n b',
  '\n',
  '\n\n x',
  'x\n ',
  'x~',
  '~\nx',
  'say "hi"\n"x"',
  '"""\n',
  'true',
  'null',
  '12',
  '15s',
  'a//b',
  '\\d+\n\\w',
  '\u0000',
  '\uFEFF',
  'über\u2028',
  'a\r\nb',
  'include',
)
const string = fc.oneof(hard, fc.string(), fc.string({ unit: 'binary' }))
const tree = fc.letrec<{ value: Plain; object: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    string,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(string, tie('value'), { maxKeys: 5 }),
}))

test('property: what is printed reads back as the same value, keys in the same order', () => {
  fc.assert(
    fc.property(tree.object, (value) => {
      const read = toPlain(parseHocon(printHocon(value), 'test.conf'))
      assert.equal(JSON.stringify(read), JSON.stringify(value))
      assert.deepEqual(read, toPlain(fromPlain(value, { source: '', line: 0, column: 0 })))
    }),
    { numRuns: 1000 },
  )
})

test('text of several lines is written in the indented form', () => {
  const printed = printHocon({ rules: { one: { sql: 'SELECT\n  *\nFROM "t/#"\n' } } })
  assert.equal(
    printed,
    [
      'rules {',
      '  one {',
      '    sql = """~',
      '      SELECT',
      '        *',
      '      FROM "t/#"',
      '    ~"""',
      '  }',
      '}',
      '',
    ].join('\n'),
  )
})

test('comments are written above the key they belong to', () => {
  const commentOf = (path: readonly string[]) => (path.at(-1) === 'b' ? ['one', '', 'two'] : [])
  assert.equal(
    printHocon({ a: { b: 1 } }, { commentOf }),
    'a {\n  # one\n  #\n  # two\n  b = 1\n}\n',
  )
})

test('a number without a written form is refused', () => {
  assert.throws(() => printHocon({ a: Infinity }), /cannot be written/)
})
