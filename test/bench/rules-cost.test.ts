/**
 * What rules cost a publish, by measures that do not depend on the machine: multiples of what the
 * same shard takes without rules, and of parsing the payload alone. `npm run bench:micro rules`
 * shows the values.
 */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { ValidationSpec } from '#streams/pipeline/pipeline-spec.ts'
import { clockUs } from './measure-rig.ts'
import { measureRules, SENSOR_PAYLOAD } from './rule-rig.ts'

const MESSAGES = 150_000
/** Without rules for it a message costs so little that a clock of CPU time hardly moves. */
const CHEAP_MESSAGES = 2_000_000
const ATTEMPTS = 12
const FILTER = `SELECT payload.temperature AS t, payload.location.lat AS lat, clientid, topic
  FROM "sensors/#" WHERE payload.temperature > 80 AND payload.ok = true`

/** Time of parsing the payload, in ns. */
function parseNs(): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const startedUs = clockUs()
    for (let n = 0; n < 20_000; n++) JSON.parse(SENSOR_PAYLOAD)
    best = Math.min(best, ((clockUs() - startedUs) * 1000) / 20_000)
  }
  return best
}

/** The least of some attempts: other programs only make it more. */
function leastRatio(attempt: () => number, enough: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n < ATTEMPTS && least > enough; n++) least = Math.min(least, attempt())
  return least
}

it('rules on other topics cost a publish nothing', () => {
  measureRules([], MESSAGES) // For the compiler.
  const rules = Array.from({ length: 1000 }, (_, n) => `SELECT * FROM "other/${n}/+"`)
  const ratio = leastRatio(() => {
    const with1000 = measureRules(rules, CHEAP_MESSAGES).nsPerMessage
    return with1000 / measureRules([], CHEAP_MESSAGES).nsPerMessage
  }, 1.2)
  assert.ok(ratio <= 1.2, `${ratio.toFixed(2)} times`)
})

const VALIDATION: ValidationSpec = {
  name: 'v',
  enable: true,
  tags: [],
  description: '',
  topics: ['other/#'],
  failureAction: 'drop',
  logLevel: 'none',
  strategy: 'all_pass',
  checks: [{ type: 'sql', sql: 'SELECT payload.temperature AS t WHERE t > 0' }],
}

it('validations of other topics cost a publish next to nothing', () => {
  const validations = Array.from({ length: 100 }, (_, n) => ({ ...VALIDATION, name: `v${n}` }))
  const ratio = leastRatio(() => {
    const pipeline = { validations, transformations: [] }
    const with100 = measureRules([], CHEAP_MESSAGES, pipeline).nsPerMessage
    return with100 / measureRules([], CHEAP_MESSAGES).nsPerMessage
  }, 1.2)
  assert.ok(ratio <= 1.2, `${ratio.toFixed(2)} times`)
})

it('a filter and projection costs little more than parsing the payload', () => {
  const ratio = leastRatio(() => {
    const { nsPerMessage, passed } = measureRules([FILTER], MESSAGES)
    assert.ok(passed >= MESSAGES)
    return nsPerMessage / parseNs()
  }, 2.5)
  assert.ok(ratio <= 2.5, `${ratio.toFixed(2)} times`)
})

it('the payload is parsed once for all rules of a message', () => {
  const many = Array.from({ length: 5 }, () => FILTER)
  const ratio = leastRatio(() => {
    const one = measureRules([FILTER], MESSAGES).nsPerMessage
    return measureRules(many, MESSAGES).nsPerMessage / one
  }, 3)
  assert.ok(ratio <= 3, `${ratio.toFixed(2)} times`)
})
