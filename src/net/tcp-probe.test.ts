import assert from 'node:assert/strict'
import { it } from 'node:test'
import { probeTcpInternals } from './tcp-probe.ts'

it('finds the fast path usable on the pinned Node.js', async () => {
  assert.equal(await probeTcpInternals(), true)
})

it('finds it unusable when the internals are not handed out', async (t) => {
  t.mock.method(process as unknown as { binding: () => unknown }, 'binding', () => {
    throw new Error('no such binding')
  })
  assert.equal(await probeTcpInternals(), false)
})

it('finds it unusable when the internals have another form', async (t) => {
  t.mock.method(process as unknown as { binding: () => unknown }, 'binding', () => ({}))
  assert.equal(await probeTcpInternals(), false)
})
