/**
 * Hands the layers to the linter, so that an editor marks a wrong import while it is written, and
 * what React asks of the dashboard.
 *
 *   node tools/lint-overrides.ts    rewrites the overrides in .oxlintrc.json
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LAYERS, NARROW_IMPORTS } from './layers.ts'

interface LintOverride {
  readonly files: readonly string[]
  readonly rules: {
    readonly 'no-restricted-imports': readonly [
      'error',
      {
        readonly patterns: readonly {
          readonly group: readonly string[]
          readonly message: string
        }[]
      },
    ]
  }
}

/** The pages are written with React, and nothing else is. */
const DASHBOARD = {
  files: ['dashboard/**'],
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'react'],
  rules: { 'react/exhaustive-deps': 'error', 'react/rules-of-hooks': 'error' },
} as const

/** One override for each layer: what its files must not import; and one for the dashboard. */
export function lintOverrides(): readonly (LintOverride | typeof DASHBOARD)[] {
  const layers = LAYERS.map((layer): LintOverride => {
    const closed = LAYERS.filter(({ folder, level }) => {
      return folder !== layer.folder && level >= layer.level
    })
    const own = { group: [`#${layer.folder}/*`], message: 'Inside a layer write a relative path.' }
    const higher = {
      group: closed.map(({ folder }) => `#${folder}/*`),
      message: `${layer.folder} is on level ${layer.level} and must not see this: declare a port.`,
    }
    const narrow = NARROW_IMPORTS.filter(({ from }) => from === layer.folder).map((rule) => ({
      group: [`#${rule.layer}/*`, `!#${rule.only}**`],
      message: `${layer.folder} may import only ${rule.only} of ${rule.layer}.`,
    }))
    const patterns = [own, ...(closed.length === 0 ? [] : [higher]), ...narrow]
    const rules = { 'no-restricted-imports': ['error', { patterns }] } as const
    return { files: [`src/${layer.folder}/**`], rules }
  })
  return [...layers, DASHBOARD]
}

if (import.meta.main) {
  const path = join(dirname(dirname(fileURLToPath(import.meta.url))), '.oxlintrc.json')
  const settings: object = JSON.parse(readFileSync(path, 'utf8'))
  const text = JSON.stringify({ ...settings, overrides: lintOverrides() }, null, 2)
  writeFileSync(path, `${text}\n`)
}
