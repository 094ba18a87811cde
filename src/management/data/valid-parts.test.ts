import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigRefusal } from '../config-port.ts'
import { validParts } from './valid-parts.ts'
import { isGroup, type Written } from './written.ts'

/** Refuses what stands at any of these paths, with all of them at once. */
function refusing(kind: 'invalid' | 'pinned', ...paths: readonly string[][]) {
  return (config: Written): void => {
    const found = paths.filter((path) => {
      let part: unknown = config
      for (const key of path) {
        part = Array.isArray(part)
          ? part[Number(key)]
          : isGroup(part as Written)
            ? (part as Written)[key]
            : undefined
      }
      return part !== undefined
    })
    const problems = found.map((path) => `${path.join('.')} is wrong`)
    if (found.length > 0) throw new ConfigRefusal(kind, problems, found)
  }
}

const WRITTEN: Written = {
  mqtt: { max_inflight: 3, nonsense: 1 },
  delayed: { max_delayed_messages: 'many', enable: true },
  nowhere: { x: 1 },
  listeners: { tcp: { a: { bind: '1883' }, b: { bind: '1884', zone: 5 } } },
  authentication: [{ mechanism: 'jwt' }, { mechanism: 'new' }],
}

test('unknown keys go alone, wrong values with their entry, or else with their root', () => {
  const plan = refusing(
    'invalid',
    ['mqtt', 'nonsense'],
    ['nowhere'],
    ['delayed', 'max_delayed_messages'],
    ['listeners', 'tcp', 'b', 'zone'],
    ['authentication', '1', 'mechanism'],
  )
  const { config, warnings } = validParts(plan, WRITTEN)
  assert.deepEqual(config, {
    mqtt: { max_inflight: 3 },
    listeners: { tcp: { a: { bind: '1883' } } },
    authentication: [{ mechanism: 'jwt' }],
  })
  assert.deepEqual(warnings.toSorted(), [
    'authentication.1.mechanism is wrong',
    'delayed.max_delayed_messages is wrong',
    'listeners.tcp.b.zone is wrong',
    'mqtt.nonsense is wrong',
    'nowhere is wrong',
  ])
})

test('without a source that may have denied, what nobody decides is denied', () => {
  const sources = [{ type: 'file' }, { type: 'of tomorrow' }]
  const written: Written = { authorization: { no_match: 'allow', sources } }
  const plan = refusing('invalid', ['authorization', 'sources', '1'])
  const { config, warnings } = validParts(plan, written)
  assert.deepEqual(config, { authorization: { no_match: 'deny', sources: [{ type: 'file' }] } })
  assert.match(warnings.at(-1) ?? '', /no_match is deny/)
  assert.deepEqual(
    validParts(() => {}, written),
    { config: written, warnings: [] },
  )
})

test('what the environment decides goes alone', () => {
  const plan = refusing('pinned', ['listeners', 'tcp', 'b', 'bind'])
  const { config } = validParts(plan, { listeners: WRITTEN['listeners'] ?? {} })
  assert.deepEqual(config, { listeners: { tcp: { a: { bind: '1883' }, b: { zone: 5 } } } })
})

test('what nothing in it is to blame for is refused as a whole', () => {
  const plan = (): void => {
    throw new ConfigRefusal('invalid', ['node.name is wrong'], [['node', 'name']])
  }
  assert.throws(() => validParts(plan, { mqtt: {} }), /cannot be taken over: node.name is wrong/)
  const other = (): void => {
    throw new TypeError('a fault')
  }
  assert.throws(() => validParts(other, {}), TypeError)
})
