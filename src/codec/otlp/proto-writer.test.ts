import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readExportAnswer } from './export-answer.ts'
import { ProtoWriter } from './proto-writer.ts'

function written(write: (out: ProtoWriter) => void): string {
  const out = new ProtoWriter(1)
  write(out)
  return out.toBuffer().toString('hex')
}

test('fields are written as Protocol Buffers have them', () => {
  assert.equal(
    written((out) => out.uint(1, 150)),
    '089601',
  )
  assert.equal(
    written((out) => out.int(3, -2)),
    '18feffffffffffffffff01',
  )
  assert.equal(
    written((out) => out.int(3, 2 ** 40)),
    '18808080808020',
  )
  assert.equal(
    written((out) => out.string(2, 'ä')),
    '1202c3a4',
  )
  assert.equal(
    written((out) => out.hex(1, 'beef')),
    '0a02beef',
  )
  assert.equal(
    written((out) => out.double(4, 1)),
    '21000000000000f03f',
  )
  assert.equal(
    written((out) => out.fixedInt(6, -1)),
    '31ffffffffffffffff',
  )
  // 1 s and 1 µs after 1970, in ns.
  assert.equal(
    written((out) => out.timeMs(7, 1000.001)),
    '39e8cd9a3b00000000',
  )
})

test('a message inside another has its length, also a long one', () => {
  const text = 'x'.repeat(200)
  const hex = written((out) => {
    out.message(1, (inside) => inside.message(2, (deep) => deep.string(3, text)))
    out.uint(4, 1)
  })
  assert.equal(hex, `0ace01` + `12cb01` + `1ac801` + '78'.repeat(200) + '2001')
})

test('an answer tells what was refused, and a broken one nothing', () => {
  assert.deepEqual(readExportAnswer(Buffer.alloc(0)), { rejected: 0, message: '' })
  const partly = Buffer.from('0a07' + '08ac02' + '12026e6f', 'hex')
  assert.deepEqual(readExportAnswer(partly), { rejected: 300, message: 'no' })
  assert.deepEqual(readExportAnswer(Buffer.from('0aff', 'hex')).rejected, 0)
  assert.deepEqual(readExportAnswer(Buffer.from('0a0308', 'hex')).rejected, 0)
})
