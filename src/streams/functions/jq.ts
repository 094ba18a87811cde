/** Programs of jq on values. */
import { arg, defineFunction } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import type { JqValue } from '../jq/jq-types.ts'
import { runJq } from '../jq/run-jq.ts'
import { decodeJson, encodeJson } from '../values/json.ts'

/** Text and bytes are JSON; other values are taken as JSON has them. */
function toJq(input: Value): JqValue {
  const isText = typeof input === 'string' || Buffer.isBuffer(input)
  const text = isText ? input.toString() : encodeJson(input)
  return JSON.parse(text) as JqValue
}

function run(program: string, input: Value, nowMs: () => number, timeoutMs: number): Value {
  const outputs = runJq(program, toJq(input), { nowMs, endsAtMs: nowMs() + timeoutMs })
  // What JSON has no number for becomes what it has.
  const isPlain = outputs.every((output) => typeof output === 'string' || output === null)
  return isPlain ? outputs : decodeJson(encodeJson(outputs))
}

const TEXT =
  'The outputs of a jq 1.6 program for a value, always as a list. Text is taken as JSON. The ' +
  'functions input, env and getpath into files of jq have nothing to read here. Patterns have ' +
  'the syntax of RE2, without looking around, so that no text takes long. A program is ' +
  'stopped after 2 million steps, or the time that ' +
  '`rule_engine.jq_function_default_timeout` says.'

export const jqFunctions = [
  defineFunction({
    name: 'jq',
    category: 'map',
    arguments: [arg('program', 'string'), arg('input', 'any')],
    result: 'list',
    text: TEXT,
    examples: [
      { sql: "jq('.a', '{\"a\": 1}')", gives: [1] },
      {
        sql: "jq('.sensors[] | {n: .name, f: (.t * 1.8 + 32)}', payload)",
        given: { payload: '{"sensors":[{"name":"x","t":20},{"name":"y","t":25}]}' },
        gives: [
          { n: 'x', f: 68 },
          { n: 'y', f: 77 },
        ],
      },
      { sql: "jq('.[] | select(. > 1)', [1, 2, 3])", gives: [2, 3] },
      { sql: "jq('def f: f; f', 1)", fails: 'jq program' },
      { sql: "jq('.a | lenght', '{}')", fails: 'did you mean length?' },
    ],
    callIn: ({ services }, program, input) => {
      return run(program, input, () => services.nowMs(), services.jqTimeoutMs)
    },
  }),
  defineFunction({
    name: 'jq',
    category: 'map',
    arguments: [
      arg('program', 'string'),
      arg('input', 'any'),
      arg('timeout', 'integer', 'In milliseconds.'),
    ],
    result: 'list',
    text: 'As `jq` with two arguments, with a time of its own after which the program is stopped.',
    examples: [{ sql: "jq('.[]', '[1, 2]', 100)", gives: [1, 2] }],
    callIn: ({ services }, program, input, timeoutMs) => {
      return run(program, input, () => services.nowMs(), timeoutMs)
    },
  }),
]
