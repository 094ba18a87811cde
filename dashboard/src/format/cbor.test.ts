import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCbor } from './cbor.ts'

/** Examples of RFC 8949, appendix A. */
const EXAMPLES: readonly [string, unknown][] = [
  ['00', 0],
  ['1864', 100],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
  ['3903e7', -1000],
  ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
  ['f93c00', 1],
  ['f90001', 5.960464477539063e-8],
  ['f9fc00', -Infinity],
  ['fa47c35000', 100_000],
  ['fb3ff199999999999a', 1.1],
  ['f4', false],
  ['f6', null],
  ['c11a514b67b0', 1_363_896_240],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['62c3bc', 'ü'],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['5f42010243030405ff', Uint8Array.of(1, 2, 3, 4, 5)],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
]

for (const [hex, wanted] of EXAMPLES) {
  test(`${hex} is decoded`, () => {
    assert.deepEqual(decodeCbor(new Uint8Array(Buffer.from(hex, 'hex'))), wanted)
  })
}

for (const hex of [
  '',
  '18',
  '62c3',
  '8301',
  'ff',
  '0000',
  '81ff',
  'a1',
  'fc',
  '1f',
  '81'.repeat(99),
]) {
  test(`"${hex.slice(0, 10)}" is refused`, () => {
    assert.throws(() => decodeCbor(new Uint8Array(Buffer.from(hex, 'hex'))), /Not (CBOR|shown)/)
  })
}
