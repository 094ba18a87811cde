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

test('every integration has a page, and the overview leads to it', () => {
  const known = INTEGRATIONS.map(({ type }) => type)
  assert.deepEqual(Object.values(typesOnPages()).flat().toSorted(), known.toSorted())
  const overview = readFileSync(new URL('../docs/integrations/README.md', import.meta.url), 'utf8')
  for (const [name, types] of Object.entries(typesOnPages())) {
    if (types.length > 0) assert.ok(overview.includes(`](${name})`), `README.md lacks ${name}`)
  }
})

for (const description of INTEGRATIONS) {
  const { type } = description
  test(`the worked example of ${type} can be taken into use`, () => {
    const trees = exampleCalls(description).map(({ path, body }): Plain => {
      // Made by `exampleCalls`, with names of text.
      const { type: _, name, id, ...entry } = body as Record<string, Plain> & Names
      if (path === '/rules') return { rule_engine: { rules: { [id]: entry } } }
      return { [path.slice(1)]: { [type]: { [name]: entry } } }
    })
    assertUsable(trees.map((tree) => printHocon(tree)).join('\n'))
  })
}

test('what pages show of the configuration can be taken into use', () => {
  for (const name of Object.keys(typesOnPages())) {
    const page = readFileSync(new URL(`../docs/integrations/${name}`, import.meta.url), 'utf8')
    for (const [, language, text = ''] of page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)) {
      if (language === '') assertUsable(text, name)
    }
  }
})

function assertUsable(text: string, source = 'example'): void {
  const { config, errors, warnings } = loadConfig({ files: [{ source, text }] })
  assert.deepEqual([...errors, ...warnings].map(formatProblem), [])
  assert.ok(config)
  assert.deepEqual(settingsProblems(config), [])
}
