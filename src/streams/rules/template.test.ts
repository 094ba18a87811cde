import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileTemplate } from './template.ts'

const output = {
  a: 1,
  text: 'x',
  deep: { b: { c: true } },
  payload: '{"t":21.5}',
  bytes: Buffer.from([0xff]),
  props: { 'User-Property': { k: 'v' } },
}

function render(template: string): string {
  return compileTemplate(template).text(output)
}

test('places take parts of the output, at any depth', () => {
  assert.equal(render('${a}/${text}/${deep.b.c}'), '1/x/true')
  assert.equal(render('${.a}'), '1')
  assert.equal(render("${props.'User-Property'.k}"), 'v')
})

test('a path leads into text that is JSON', () => {
  assert.equal(render('${payload.t}'), '21.5')
})

test('what is missing reads undefined', () => {
  assert.equal(render('${none}-${deep.none.c}-${constructor}'), 'undefined-undefined-undefined')
})

test('maps become JSON, and ${.} is the whole output', () => {
  assert.equal(render('${deep}'), '{"b":{"c":true}}')
  assert.deepEqual(Object.keys(JSON.parse(render('${.}'))), Object.keys(output))
})

test('${$} is a dollar sign, and what is no place stands for itself', () => {
  assert.equal(render('${$}{a}'), '${a}')
  assert.equal(render('$a ${a b} ${'), '$a ${a b} ${')
})

test('a template that is a single place keeps the value', () => {
  assert.equal(compileTemplate('${a}').value(output), 1)
  assert.equal(compileTemplate('${bytes}').value(output), output.bytes)
  assert.equal(compileTemplate('${a}!').value(output), '1!')
})
