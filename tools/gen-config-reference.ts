/**
 * Writes docs/reference/configuration.md and docs/reference/all-keys.conf from the descriptions
 * of the configuration keys. With `--check` it only says whether they are up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { configurationFiles } from './config-reference.ts'

const check = process.argv.includes('--check')
let stale = 0
for (const { path, text } of configurationFiles()) {
  const url = new URL(`../${path}`, import.meta.url)
  if (check) {
    if (readFileSync(url, 'utf8') === text) continue
    stale += 1
    console.error(`${path} is not up to date: npm run config:reference`)
  } else {
    writeFileSync(url, text)
  }
}
process.exitCode = stale > 0 ? 1 : 0
