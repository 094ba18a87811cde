import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { settingsProblems } from '#app/settings.ts'
import { formatProblem } from '#config/decode.ts'
import { INTEGRATIONS } from '#config/fields/integrations/integrations.ts'
import { printHocon } from '#config/hocon/print.ts'
import type { Plain } from '#config/hocon/value.ts'
import { loadConfig } from '#config/load.ts'
import { exampleCalls, typesOnPages } from './integration-pages.ts'

interface Names {
  readonly name: string
  readonly id: string
}

test('pages tell of integrations that there are, and the overview leads to them', () => {
  const known = new Set(INTEGRATIONS.map(({ type }) => type))
  const overview = readFileSync(new URL('../docs/integrations/README.md', import.meta.url), 'utf8')
  for (const [name, types] of Object.entries(typesOnPages())) {
    for (const type of types) assert.ok(known.has(type), `${name}: ${type}`)
    if (types.length > 0) assert.ok(overview.includes(`](${name})`), `README.md lacks ${name}`)
  }
})

const shown = new Set(Object.values(typesOnPages()).flat())

for (const description of INTEGRATIONS.filter(({ type }) => shown.has(type))) {
  const { type } = description
  test(`the worked example of ${type} can be taken into use`, () => {
    const trees = exampleCalls(description).map(({ path, body }): Plain => {
      // Made by `exampleCalls`, with names of text.
      const { type: _, name, id, ...entry } = body as Record<string, Plain> & Names
      if (path === '/rules') return { rule_engine: { rules: { [id]: entry } } }
      return { [path.slice(1)]: { [type]: { [name]: entry } } }
    })
    const text = trees.map((tree) => printHocon(tree)).join('\n')
    const { config, errors } = loadConfig({ files: [{ source: 'example', text }] })
    assert.deepEqual(errors.map(formatProblem), [])
    assert.ok(config)
    assert.deepEqual(settingsProblems(config), [])
  })
}
