import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { INTEGRATIONS } from '#config/fields/integrations/integrations.ts'

const page = readFileSync(new URL('../../docs/integrations/README.md', import.meta.url), 'utf8')

test('the page has every integration, and says what each can do', () => {
  for (const { type, action, source, proof } of INTEGRATIONS) {
    const row = page
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(`\`${type}\``))
    assert.ok(row, `there is no row of ${type}`)
    const [, , , sends = '', reads = '', proven = ''] = row.split('|').map((cell) => cell.trim())
    assert.equal(sends, action === undefined ? '' : 'yes', type)
    assert.equal(reads, source === undefined ? '' : 'yes', type)
    assert.equal(proven === 'a stand-in', proof === 'stand-in', type)
  }
})
