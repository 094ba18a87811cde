/** Writes the pages of docs/rules that are made from the code. */
import { writeFileSync } from 'node:fs'
import { ruleReferenceFiles } from './rule-reference.ts'

for (const { path, text } of ruleReferenceFiles()) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text)
}
