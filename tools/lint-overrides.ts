/**
 * Hands the layers to the linter, so that an editor marks a wrong import while it is written.
 *
 *   node tools/lint-overrides.ts    rewrites the overrides in .oxlintrc.json
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LAYERS, NARROW_IMPORTS } from './layers.ts'

/** The part of the linter's settings that is kept here. */
export interface LintOverride {
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

/** One override for each layer: what its files must not import. */
export function lintOverrides(): readonly LintOverride[] {
  return LAYERS.map((layer) => {
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
}

if (import.meta.main) {
  const path = join(dirname(dirname(fileURLToPath(import.meta.url))), '.oxlintrc.json')
  const settings: object = JSON.parse(readFileSync(path, 'utf8'))
  const text = JSON.stringify({ ...settings, overrides: lintOverrides() }, null, 2)
  writeFileSync(path, `${text}\n`)
}
