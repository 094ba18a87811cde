import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeTerm, type Term, TermError } from './external-term.ts'

const atom = (name: string): Term => ({ kind: 'atom', name })
const tuple = (...items: Term[]): Term => ({ kind: 'tuple', items })
const decode = (hex: string): Term => decodeTerm(Buffer.from(hex, 'hex'))

/** What `term_to_binary` of Erlang/OTP 25 makes of each. */
const WRITTEN: readonly (readonly [erlang: string, hex: string, term: Term])[] = [
  ['0', '836100', 0],
  ['255', '8361ff', 255],
  ['-1', '8362ffffffff', -1],
  ['1700000000123', '836e06007b68e5cf8b01', 1_700_000_000_123],
  ['-(1 bsl 70)', '836e0901000000000000000040', -(2n ** 70n)],
  ['1.5', '83463ff8000000000000', 1.5],
  ['1.5 of before', '8363312e3530303030303030303030303030303030303030652b30300000000000', 1.5],
  ['true', '8364000474727565', atom('true')],
  ["'ä'", '83640001e4', atom('ä')],
  ["'€'", '837703e282ac', atom('€')],
  ['<<"ab">>', '836d000000026162', Buffer.from('ab')],
  ['"ab"', '836b00026162', [0x61, 0x62]],
  ['[]', '836a', []],
  ['[1,-1]', '836c00000002610162ffffffff6a', [1, -1]],
  ['{}', '836800', tuple()],
  ['{a,1}', '836802640001616101', tuple(atom('a'), 1)],
  ['#{a => 1}', '837400000001640001616101', { kind: 'map', entries: [[atom('a'), 1]] }],
  ['<<1:3>>', '834d000000010320', { kind: 'opaque' }],
  ['self()', '835864000d6e6f6e6f6465406e6f686f7374000000090000000000000000', { kind: 'opaque' }],
  [
    'make_ref()',
    '835a000364000d6e6f6e6f6465406e6f686f737400000000000011c80a740002978e0c7e',
    { kind: 'opaque' },
  ],
  ['a port', '835964000d6e6f6e6f6465406e6f686f73740000000000000000', { kind: 'opaque' }],
  ['fun erlang:node/0', '837164000665726c616e676400046e6f64656100', { kind: 'opaque' }],
]

describe('terms of Erlang', () => {
  for (const [erlang, hex, term] of WRITTEN) {
    test(erlang, () => assert.deepEqual(decode(hex), term))

    test(`${erlang}, cut at any byte, is refused with the place`, () => {
      for (let end = 0; end < hex.length; end += 2) {
        assert.throws(
          () => decode(hex.slice(0, end)),
          (error: unknown) => {
            return error instanceof TermError && error.offset <= end / 2
          },
        )
      }
    })
  }

  const refused: readonly (readonly [what: string, hex: string, told: RegExp])[] = [
    ['another version', '826100', /version 130 instead of 131 at byte 0/],
    ['bytes behind it', '83610000', /bytes behind the term at byte 3/],
    ['an unknown tag', '83ff', /no term begins with 255 at byte 1/],
    ['what could grow when unpacked', '835000000fa6789c', /compressed term.* at byte 1/],
    ['a list with a tail', '836c000000016400016164000162', /without an end at byte 10/],
    ['a count that cannot be', '836cffffffff6a', /the bytes end at byte 6/],
    ['a map with a count that cannot be', '8374ffffffff6a', /the bytes end at byte 6/],
    ['an endless integer', '836fffffffff00', /more than 512 bytes at byte 6/],
    ['tuples inside of each other', `83${'6801'.repeat(100)}6a`, /more than 64 levels/],
    [
      'too many',
      `8369${(1_000_001).toString(16).padStart(8, '0')}${'6a'.repeat(1_000_001)}`,
      /1000000/,
    ],
  ]
  for (const [what, hex, told] of refused) {
    test(`refused: ${what}`, () => assert.throws(() => decode(hex), told))
  }
})
