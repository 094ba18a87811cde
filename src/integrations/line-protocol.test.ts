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
