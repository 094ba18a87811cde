import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ruleReferenceFiles } from './rule-reference.ts'

for (const { path, text } of ruleReferenceFiles()) {
  test(`${path} is up to date (npm run rules:reference)`, () => {
    assert.equal(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'), text)
  })
}
