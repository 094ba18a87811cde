import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileLines } from './line-protocol.ts'

test('fields have the types of their values, or those that are asked for', () => {
  const write = compileLines('m f=${f},i=${i}i,b=${b},s=${s},q="${f} x",c=5i,t=true ${at}')
  const record = { f: 1.5, i: 7.9, b: false, s: 'a "b"', at: 1000 }
  assert.equal(
    write(record),
    String.raw`m f=1.5,i=7i,b=false,s="a \"b\"",q="1.5 x",c=5i,t=true 1000`,
  )
})

test('values of tags and names cannot end what they are in', () => {
  const write = compileLines('${m},k\\ 1=${a},x=${none} v=1')
  assert.equal(write({ m: 'a b,c', a: 'x=y, z\n' }), String.raw`a\ b\,c,k\ 1=x\=y\,\ z\  v=1`)
})

test('a backslash at the end of a value does not escape what comes after it', () => {
  const write = compileLines('${m},a=${a},b=1 v=1')
  const line = write({ m: 'm\\', a: String.raw`C:\x\\` })
  assert.equal(line, String.raw`m,a=C:\x,b=1 v=1`)
  assert.equal(write({ m: 'm', a: String.raw`x\,b=2` }), String.raw`m,a=x\,b\=2,b=1 v=1`)
})

test('values among other text make a number, a truth value or text, and nothing else', () => {
  const write = compileLines('m v=${a}.${b}')
  assert.equal(write({ a: 1, b: 5 }), 'm v=1.5')
  assert.equal(write({ a: '1,admin', b: 'true' }), 'm v="1,admin.true"')
  assert.equal(write({ a: '1 0\nm2 v=1', b: '"' }), 'm v="1 0\nm2 v=1.\\""')
  assert.equal(compileLines('m v=-${a}i,w=5u')({ a: 3 }), 'm v=-3i,w=5u')
})

test('a measurement cannot make a comment of its line', () => {
  assert.throws(() => compileLines('${m} v=1')({ m: '#m' }), /cannot be a measurement/)
  assert.throws(() => compileLines('${m} v=1')({ m: '' }), /cannot be a measurement/)
})

test('what is missing is left out; a record without any field is refused', () => {
  const write = compileLines('m,t=${t} a=${a},b=${b}')
  assert.equal(write({ b: 2 }), 'm b=2')
  assert.throws(() => write({}), /none of the fields/)
})

test('several lines of one record', () => {
  assert.equal(compileLines('a v=${v}\nb v=${v}')({ v: 1 }), 'a v=1\nb v=1')
})

test('what is no line is told', () => {
  assert.throws(() => compileLines('m'), /has to be of the form/)
  assert.throws(() => compileLines('m x'), /key=value/)
  assert.throws(() => compileLines(''), /no line/)
  assert.throws(() => compileLines('m a=${a} ${t}')({ a: 1, t: 'now' }), /no whole number/)
})
