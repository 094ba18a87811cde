import { createHash } from 'node:crypto'
import { arg, defineFunction } from '#plugin/define-function.ts'

/** Names as rules write them, and those of the library. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['md5', 'md5'],
  ['sha', 'sha1'],
  ['sha1', 'sha1'],
  ['sha224', 'sha224'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
  ['sha3_224', 'sha3-224'],
  ['sha3_256', 'sha3-256'],
  ['sha3_384', 'sha3-384'],
  ['sha3_512', 'sha3-512'],
  ['shake128', 'shake128'],
  ['shake256', 'shake256'],
  ['blake2b', 'blake2b512'],
  ['blake2s', 'blake2s256'],
])
/** Of those hashes whose length can be chosen. */
const OUTPUT_BYTES: ReadonlyMap<string, number> = new Map([
  ['shake128', 16],
  ['shake256', 32],
])

function digest(algorithm: string, data: Buffer): string {
  const name = ALGORITHMS.get(algorithm.toLowerCase())
  if (name === undefined) {
    const known = [...ALGORITHMS.keys()].join(', ')
    throw new RangeError(`there is no hash ${algorithm}; known are ${known}`)
  }
  const outputLength = OUTPUT_BYTES.get(name)
  const hash = outputLength === undefined ? createHash(name) : createHash(name, { outputLength })
  return hash.update(data).digest('hex')
}

function ofOne(name: string, title: string, gives: string) {
  return defineFunction({
    name,
    category: 'hash',
    arguments: [arg('data', 'bytes')],
    result: 'string',
    text: `${title}, in lower case hexadecimal digits.`,
    examples: [{ sql: `${name}('a')`, gives }],
    call: (data) => digest(name, data),
  })
}

export const digestFunctions = [
  ofOne('md5', 'MD5', '0cc175b9c0f1b6a831c399e269772661'),
  ofOne('sha', 'SHA-1', '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'),
  ofOne('sha256', 'SHA-256', 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'),
  defineFunction({
    name: 'hash',
    category: 'hash',
    arguments: [arg('algorithm', 'string'), arg('data', 'bytes')],
    result: 'string',
    text:
      'A hash in lower case hexadecimal digits: md5, sha (the same as sha1), sha224, sha256, ' +
      'sha384, sha512, sha3_224, sha3_256, sha3_384, sha3_512, shake128, shake256, blake2b, ' +
      'blake2s.',
    examples: [
      { sql: "hash('md5', 'a')", gives: '0cc175b9c0f1b6a831c399e269772661' },
      {
        sql: "hash('sha3_256', 'a')",
        gives: '80084bf2fba02475726feb2cab2d8215eab14bc6bdd8bfb2c8151257032ecd8b',
      },
      { sql: "hash('shake128', 'a')", gives: '85c8de88d28866bf0868090b3961162b' },
      { sql: "hash('crc', 'a')", fails: 'no hash crc' },
    ],
    call: digest,
  }),
]
