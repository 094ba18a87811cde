import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, formatProblem } from './decode.ts'
import { encode, redact } from './encode.ts'
import { int, list, object, oneOf, secret, variant } from './field.ts'
import { passwordHashAlgorithm } from './fields/authentication/password-hash.ts'
import { fromPlain } from './hocon/value.ts'
import type { Plain } from './hocon/value.ts'

const file = object(
  {
    type: oneOf(['file'], { text: 'A file.', required: true }),
    size: int({ text: 'Size.', default: 1 }),
  },
  { text: 'A file.' },
)
const remote = object(
  {
    type: oneOf(['remote'], { text: 'A server.', required: true }),
    tls: oneOf(['true', 'false'], { text: 'Whether TLS is used.', default: 'false' }),
    password: secret({ text: 'The password.' }),
  },
  { text: 'A server.' },
)
const places = list(variant(['type', 'tls'], [file, remote], { text: 'A place.' }), {
  text: 'Places.',
  itemsMax: 3,
})

const at = { source: 'test', line: 1, column: 1 }
const read = (value: Plain) => decode(places, fromPlain(value, at))

test('a group is read by the form that its telling keys name', () => {
  const { value } = read([{ type: 'file', size: 2 }, { type: 'remote' }])
  assert.deepEqual(value, [
    { type: 'file', size: 2 },
    { type: 'remote', tls: 'false', password: undefined },
  ])
})

test('a group of no form is told which forms there are', () => {
  const { errors } = read([{ type: 'tape' }])
  assert.match(errors.map(formatProblem).join(), /0 has none of the known forms.*type = remote/)
})

test('a telling key that the form does not have makes it another form', () => {
  const { errors } = read([{ type: 'file', tls: true }])
  assert.equal(errors.length, 1)
})

test('keys of another form are unknown', () => {
  const { errors } = read([{ type: 'file', password: 'x' }])
  assert.match(errors.map(formatProblem).join(), /0.password is not a known key/)
})

test('what was read is written back, without secrets when it is shown', () => {
  const { value } = read([{ type: 'remote', password: 'hush' }, { type: 'file' }])
  assert.ok(value !== undefined)
  const written = encode(places, value)
  assert.deepEqual(structuredClone(written), [
    { type: 'remote', tls: 'false', password: 'hush' },
    { type: 'file', size: 1 },
  ])
  assert.deepEqual(read(written).value, value)
  assert.ok(!JSON.stringify(redact(places, value)).includes('hush'))
})

test('a password algorithm without a name is the default one', () => {
  const written = fromPlain({ salt_position: 'suffix' }, at)
  assert.deepEqual(decode(passwordHashAlgorithm, written).value, {
    name: 'sha256',
    salt_position: 'suffix',
  })
})
