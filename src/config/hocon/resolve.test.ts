import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseSyntax } from './parser.ts'
import { INCLUDE_DEPTH_MAX, parseHocon, resolveSyntax } from './resolve.ts'
import type { ResolveOptions } from './resolve.ts'
import { HoconError, NESTING_DEPTH_MAX, toPlain } from './value.ts'

/** The value in JSON form, or the error with its place. */
function read(text: string, options: ResolveOptions = {}): unknown {
  try {
    return JSON.parse(JSON.stringify(toPlain(parseHocon(text, 'f', options))))
  } catch (error) {
    if (error instanceof HoconError) return error.message
    throw error
  }
}

test('unquoted addresses and names are accepted as EMQX does', () => {
  assert.deepEqual(read('bind = 0.0.0.0:1883, name = emqx@127.0.0.1\nr = 1MB/10s, p = 80%'), {
    bind: '0.0.0.0:1883',
    name: 'emqx@127.0.0.1',
    r: '1MB/10s',
    p: '80%',
  })
  assert.deepEqual(read('a : b:c\nd = [x:1, y]'), { a: 'b:c', d: ['x:1', 'y'] })
})

test('what is lost or ambiguous without quotes is refused, not guessed', () => {
  assert.match(String(read('url = http://host/x')), /^f:1:12: `\/\/` starts a comment/)
  assert.match(String(read('a = b : c')), /^f:1:7: expected a value/)
  assert.match(String(read('a = b = c')), /^f:1:7: expected a value/)
  assert.match(String(read('a = x&y')), /^f:1:6: unexpected character "&": quote the text/)
  assert.match(String(read('a = $x')), /^f:1:5: expected `\{` after `\$`/)
})

test('numbers keep their kind; signs and exponents belong to them', () => {
  assert.deepEqual(read('a = -5, b = +5, c = 1e+3, d = 1.5, e = 007, f = 1.2.3, g = "5"'), {
    a: -5,
    b: '+5',
    c: 1000,
    d: 1.5,
    e: '007',
    f: '1.2.3',
    g: '5',
  })
})

test('text in triple quotes is taken as it stands', () => {
  assert.deepEqual(read('a = """\\d+ "x"\n  y"""'), { a: '\\d+ "x"\n  y' })
  assert.deepEqual(read('a = """x""""'), { a: 'x"' })
  assert.match(String(read('a = """x')), /^f:1:5: .* expected `"""`/)
})

test('the indented form loses its indentation and the line of the closing quotes', () => {
  const sql = 'rule {\n  sql = """~\n    SELECT\n      *\n\n    FROM "t/#"~"""\n}'
  assert.deepEqual(read(sql), { rule: { sql: 'SELECT\n  *\n\nFROM "t/#"' } })
  assert.deepEqual(read('a = """~\n    one\n  ~"""'), { a: 'one\n' })
  assert.deepEqual(read('a = """~\n  one\n      ~"""'), { a: 'one\n' })
  assert.deepEqual(read('a = """~\r\n  one\n  two"""'), { a: 'one\ntwo' })
  assert.deepEqual(read('a = """~one"""'), { a: '~one' })
})

test('a value after a text of several lines has the right place', () => {
  assert.match(String(read('a = """\nx\n"""\nb = ${none}')), /^f:4:5: /)
  assert.match(String(read('a = """\nxy""" ]')), /^f:2:7: /)
})

test('errors say what was expected and what was found', () => {
  assert.equal(
    read('a = [1, 2'),
    'f:1:10: expected a comma, a new line or `]`, found the end of the text',
  )
  assert.equal(read('a {\n  b = 1\n'), 'f:3:1: expected a key or `}`, found the end of the text')
  assert.equal(read('a = [1,,2]'), 'f:1:8: expected something between two commas, found ","')
  assert.equal(
    read('a b'),
    'f:1:4: expected `=`, `:`, `+=` or `{` after the key `a b`, found the end of the text',
  )
  assert.equal(read('a = "x\n'), 'f:1:5: text in quotes has no end on its line: expected `"`')
  assert.equal(read('a = "\\q"'), 'f:1:6: unknown escape "\\\\q": write `\\\\` for a backslash')
  assert.equal(read('a..b = 1'), 'f:1:1: a path has an empty element: quote it as `""`')
  assert.equal(read('[1]'), 'f:1:1: expected keys: a document cannot be a list, found "["')
})

test('substitutions see the whole document, then the environment', () => {
  const env = { HOME: '/srv/x', 'a.b': 'no' }
  assert.deepEqual(
    read('x = ${y.z}\ny { z = 1 }\nh = ${HOME}/data\na.b = 3\nc = ${a.b}', { env }),
    {
      x: 1,
      y: { z: 1 },
      h: '/srv/x/data',
      a: { b: 3 },
      c: 3,
    },
  )
  assert.equal(read('x = ${y}'), 'f:1:5: `${y}` is not defined (use `${?y}` if it may be)')
  assert.deepEqual(read('x = ${?y}\nz = [${?y}, 1]'), { z: [1] })
})

test('a key may be made from what it was before', () => {
  assert.deepEqual(read('a = [1]\na += 2\na = ${a} [3]\nb += 1'), { a: [1, 2, 3], b: [1] })
  const many = Array.from({ length: 200 }, (_, i) => `a = \${a} [${i}]`)
  const grown = read(`a = []\n${many.join('\n')}`) as { a: number[] }
  assert.equal(grown.a.length, 200)
  assert.deepEqual(read('path = ${path}":/x"', { env: { path: '/usr' } }), { path: '/usr:/x' })
  assert.deepEqual(read('a { x = 1 }\na = ${a} { y = ${a.x} }'), { a: { x: 1, y: 1 } })
  assert.deepEqual(read('a = { x = 1 }\na = ${a.x}'), { a: 1 })
  assert.match(String(read('a = 1\na += 2')), /^f:2:6: `\+=` needs a list before it/)
})

test('an object may be built on another and refer to its own result', () => {
  const text = 'base { bind = 1, limit = 5 }\nl { x = ${base} { bind = 2, c = ${l.x.bind} } }'
  assert.deepEqual(read(text), {
    base: { bind: 1, limit: 5 },
    l: { x: { bind: 2, limit: 5, c: 2 } },
  })
  assert.deepEqual(read('b = ${a}\na { x = 1, y = ${b.x} }'), {
    b: { x: 1, y: 1 },
    a: { x: 1, y: 1 },
  })
})

test('what a later value hides is not evaluated', () => {
  assert.deepEqual(read('a = ${none}\na = 1'), { a: 1 })
})

test('circles end with an error, or with nothing where that is allowed', () => {
  assert.match(String(read('a = ${a}')), /is not defined/)
  assert.match(String(read('a = ${b}\nb = ${a}')), /is not defined/)
  assert.match(String(read('a.a = [${a}]')), /leads back to itself/)
  assert.match(String(read('a = ${b.c}\nb = ${a}')), /lead 64 deep/)
  assert.deepEqual(read('a = ${?a}\nb = 1'), { b: 1 })
})

test('different kinds cannot be joined', () => {
  assert.equal(read('a = [1] x'), 'f:1:5: cannot join a list and text')
  assert.equal(read('b {}\na = ${b} [1]'), 'f:2:5: cannot join an object and a list')
})

const files: Readonly<Record<string, string>> = {
  'one.conf': 'x = 1\ny = ${x}\nz = ${root}',
  'list.conf': '[1]',
  'self.conf': 'a { include "self.conf" }',
}

function readInclude(name: string) {
  const text = files[name]
  return text === undefined ? undefined : { source: name, text }
}

test('an included file is looked through before the whole document', () => {
  assert.deepEqual(read('root = 9\nin { include "one.conf", x = 2 }', { readInclude }), {
    root: 9,
    in: { x: 2, y: 2, z: 9 },
  })
  assert.deepEqual(read('include file("one.conf")\nroot = 1', { readInclude }), {
    x: 1,
    y: 1,
    z: 1,
    root: 1,
  })
})

test('a missing file is an error only where it is required', () => {
  assert.equal(
    read('include required(file("no.conf"))', { readInclude }),
    'f:1:1: included file "no.conf" not found',
  )
  const { warnings } = resolveSyntax([parseSyntax('include "no.conf"\na = 1', 'f')], {
    readInclude,
  })
  assert.deepEqual(
    warnings.map(({ message }) => message),
    ['f:1:1: included file "no.conf" not found'],
  )
})

test('the place of an error in an included file is in that file', () => {
  assert.match(String(read('include "one.conf"', { readInclude })), /^one\.conf:3:5: `\$\{root\}`/)
  assert.match(String(read('include "list.conf"', { readInclude })), /^list\.conf:1:1: /)
})

test('`include` is a key when something else follows', () => {
  assert.deepEqual(read('include = 1\n"include" { a = 1 }'), { include: { a: 1 } })
})

test('limits: nesting, includes, substitutions that double themselves', () => {
  const deep = NESTING_DEPTH_MAX + 1
  assert.match(String(read(`a = ${'['.repeat(deep)}`)), /nested at most 64 deep/)
  assert.match(String(read(`a = ${'{b='.repeat(deep)}`)), /nested at most 64 deep/)
  assert.match(String(read(`${'a.'.repeat(deep)}b = 1`)), /at most 64 elements/)
  assert.match(
    String(read('include "self.conf"', { readInclude })),
    new RegExp(`include each other ${INCLUDE_DEPTH_MAX} deep`),
  )
  const doubling = Array.from({ length: 30 }, (_, i) => `a${i + 1} = \${a${i}}\${a${i}}`)
  assert.match(String(read(`a0 = [1, 2]\n${doubling.join('\n')}`)), /substitutions grow/)
})

test('property: any text gives a value or an error with a place, never anything else', () => {
  const piece = fc.constantFrom(
    ...'{ } [ ] , : = += " """ ~ ${ } ${? a b . 1 \n # // include ( ) \\ @ $'.split(' '),
    ' ',
    '${a}',
    '${?a.b}',
    'a = ',
    '"x"',
    'include "one.conf"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const result = read(pieces.join(''), { readInclude })
      if (typeof result === 'string') assert.match(result, /^(f|.*\.conf):\d+:\d+: ./)
    }),
    { numRuns: 2000 },
  )
})
