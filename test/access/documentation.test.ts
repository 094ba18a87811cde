/** Every configuration in docs/access-control.md starts, and lets no stranger in. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startBroker } from '#app/start-broker.ts'
import { loadConfig } from '#config/load.ts'
import { formatProblem } from '#config/decode.ts'
import { named, outcome } from './clients.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const text = readFileSync(join(root, 'docs/access-control.md'), 'utf8')
const examples = [...text.matchAll(/^```hocon\n(.*?)^```$/gms)].map(([, config = '']) => config)

describe('the examples of docs/access-control.md', () => {
  test('there are some', () => {
    assert.ok(examples.length >= 5)
  })

  for (const [index, config] of examples.entries()) {
    test(`example ${index + 1} has no errors and nothing without effect`, () => {
      const { errors, warnings } = loadConfig({ files: [{ source: 'docs', text: config }] })
      assert.deepEqual(errors.map(formatProblem), [])
      assert.deepEqual(warnings, [])
    })

    if (!config.includes('authentication = [')) continue
    test(`example ${index + 1} starts and refuses a stranger`, async () => {
      const broker = await startBroker({ threads: 'inline', config })
      const code = await outcome(broker.port('tcp:default'), named('stranger', 'guess'))
      await broker.stop()
      assert.notEqual(code, 'accepted')
    })
  }
})
