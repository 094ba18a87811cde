import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { removeKey, setKey } from './edit.ts'
import { printHocon } from './print.ts'
import { parseHocon } from './resolve.ts'
import { toPlain } from './value.ts'
import type { Plain } from './value.ts'

const FILE = `# Tideway

node {
  name = "a@b"   # who we are
  # where
  data_dir = /var/lib
}

// dotted
mqtt.max_inflight = 32
mqtt { idle_timeout : 15s, max_qos_allowed = 2 }
listeners.tcp.default { bind = 0.0.0.0:1883 } # the end
`

function parse(text: string): Plain {
  return toPlain(parseHocon(text, 'test.conf'))
}

/** JSON takes the missing prototype away, so that deepEqual compares contents only. */
function same(actual: Plain, expected: Plain): void {
  assert.deepEqual(JSON.parse(JSON.stringify(actual)), JSON.parse(JSON.stringify(expected)))
}

test('changing one value leaves every other character', () => {
  assert.equal(setKey(FILE, ['node', 'name'], 'x@y'), FILE.replace('"a@b"', '"x@y"'))
  assert.equal(
    setKey(FILE, ['mqtt', 'idle_timeout'], '20s'),
    FILE.replace('idle_timeout : 15s', 'idle_timeout : 20s'),
  )
  assert.equal(
    setKey(FILE, ['mqtt', 'max_inflight'], 64),
    FILE.replace('max_inflight = 32', 'max_inflight = 64'),
  )
})

test('a new key goes to the end of the object that is there', () => {
  const edited = setKey(FILE, ['node', 'shards'], 4)
  assert.equal(edited, FILE.replace('= /var/lib\n', '= /var/lib\n  shards = 4\n'))
  const inline = setKey(FILE, ['listeners', 'tcp', 'default', 'enable'], false)
  assert.match(inline, /\{ bind = 0\.0\.0\.0:1883, enable = false \} # the end/)
  const root = setKey(FILE, ['log', 'console', 'level'], 'debug')
  assert.equal(root, `${FILE}log.console.level = debug\n`)
})

test('of several definitions the last one is changed and the others go', () => {
  const edited = setKey('a = 1 # first\nb = 2\na = 3 # last\n', ['a'], 4)
  assert.equal(edited, 'b = 2\na = 4 # last\n')
})

test('an edit below something that hides it still takes effect', () => {
  for (const text of ['a { b = 1 }\na = 5\n', 'a.b = 1\na = null\n', 'a = ${c}\nc { b = 1 }\n']) {
    const edited = setKey(text, ['a', 'b'], 7)
    const node = parse(edited) as { a: { b: number } }
    assert.equal(node.a.b, 7, edited)
  }
})

test('`+=` becomes `=` when the list is set', () => {
  assert.equal(setKey('a = [1]\na += 2\n', ['a'], [9]), 'a = [9]\n')
})

test('removing a key keeps the comments of its neighbours', () => {
  assert.equal(removeKey(FILE, ['node', 'data_dir']), FILE.replace('  data_dir = /var/lib\n', ''))
  assert.equal(
    removeKey(FILE, ['mqtt', 'max_qos_allowed']),
    FILE.replace(', max_qos_allowed = 2', ''),
  )
  assert.equal(removeKey(FILE, ['nothing', 'here']), FILE)
})

const key = fc.constantFrom('a', 'b', 'c', 'd e', 'x.y')
const leaf = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.string({ maxLength: 6 }),
  fc.constantFrom('one\ntwo', '', '15s'),
  fc.array(fc.integer(), { maxLength: 3 }),
)
const tree = fc.letrec<{ value: Plain; object: Plain }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}))

/** What an edit is to do, on plain values. */
function withKey(root: Plain, path: readonly string[], value: Plain): Plain {
  const [first, ...rest] = path
  if (first === undefined) return value
  const isObject = typeof root === 'object' && root !== null && !Array.isArray(root)
  const object = isObject ? (root as Record<string, Plain>) : {}
  return { ...object, [first]: withKey(object[first] ?? {}, rest, value) }
}

/** One tree written twice over each other, in two ways, gives repeated definitions. */
const text = fc.tuple(tree.object, tree.object, fc.boolean()).map(([a, b, twice]) => {
  return twice ? printHocon(a) + printHocon(b) : printHocon(a)
})

test('property: after an edit the path has the value and nothing else has changed', () => {
  fc.assert(
    fc.property(
      text,
      fc.array(key, { minLength: 1, maxLength: 3 }),
      leaf,
      (source, path, value) => {
        const edited = setKey(source, path, value)
        same(parse(edited), withKey(parse(source), path, value))
      },
    ),
    { numRuns: 500 },
  )
})

test('property: a comment on its own line or at the end of one survives any edit', () => {
  const comments = fc.constantFrom('# one\n', '// two\n')
  fc.assert(
    fc.property(comments, tree.object, comments, key, leaf, (head, value, tail, name, next) => {
      const source = `${head}${printHocon(value)}${tail}kept = 1 # three\n`
      const edited = setKey(source, [name], next)
      assert.ok(edited.startsWith(head))
      assert.ok(edited.includes(`${tail}kept = 1 # three\n`))
    }),
    { numRuns: 200 },
  )
})
