import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Field, Infer } from '#config/field.ts'
import { decode } from '#config/decode.ts'
import { actionFields, connectorFields } from '#config/fields/integrations/integration.ts'
import { http } from '#config/fields/integrations/http.ts'
import { parseHocon } from '#config/hocon/resolve.ts'
import { MapRow } from '#streams/sql/row.ts'
import { IntegrationHost } from './integration-host.ts'
import type { IntegrationReading, IntegrationSpec } from './integration-spec.ts'
import { ActionCounter } from './runtime/action-counters.ts'

const BUFFER_BYTES = 1024
const B = { name: 'b' } as const
const ID = { type: 'http', name: 'a' } as const

function decoded<F extends Field>(field: F, keys: object): Infer<F> {
  const { value } = decode(field, parseHocon(JSON.stringify(keys), 'test'))
  assert.ok(value !== undefined)
  return value
}

/** A connection that is never made. */
const CONNECTOR: IntegrationSpec = {
  kind: 'connector',
  ...ID,
  config: decoded(connectorFields(http), {
    url: 'http://127.0.0.1:1',
    resource_opts: { start_after_created: false },
  }),
}

function actionSpec(
  buffer_mode: string,
  { name = 'a', ...options }: { readonly name?: string; readonly fallback?: string } = {},
): IntegrationSpec {
  const { fallback } = options
  assert.ok(http.action)
  const config = decoded(actionFields(http, http.action), {
    connector: 'a',
    parameters: { body: '${n}' },
    resource_opts: { buffer_mode, worker_pool_size: 1, max_buffer_bytes: BUFFER_BYTES },
    ...(fallback && { fallback_actions: [{ kind: 'reference', type: 'http', name: fallback }] }),
  })
  return { kind: 'action', type: 'http', name, config }
}

/** The integrations of a shard whose buffers are in a folder of the test. */
function startHost(context: TestContext, specs: readonly IntegrationSpec[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-host-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const logged: string[] = []
  const note = (event: string) => logged.push(event)
  const host = new IntegrationHost(
    {
      nodeName: 'n',
      shard: 0,
      shardCount: 1,
      log: { debug: note, info: note, warn: note, error: note },
      readSecret: (text) => text,
      bufferFolder: folder,
      feed: () => {},
      republish: () => {},
    },
    specs,
  )
  const send = (n: number | string): Promise<string> => {
    return new Promise((resolve) => {
      const row = new MapRow({ n })
      const origin = { ruleId: 'r', row, hops: 1, isLoop: false }
      host.findAction('http:a')?.run({ n }, origin, (failure) => resolve(failure?.reason ?? 'kept'))
    })
  }
  return { host, folder, logged, send }
}

test('an action whose buffer takes nothing can be changed', async (context) => {
  const { host, folder, send } = startHost(context, [CONNECTOR, actionSpec('disk')])
  writeFileSync(join(folder, 'http'), 'no folder')
  const first = send(1)
  const change = host.run({ do: 'put', spec: actionSpec('disk') })
  await Promise.resolve() // The change begins.
  const second = send(2)
  await change
  assert.match(await first, /disk/)
  rmSync(join(folder, 'http'))
  assert.equal(await second, 'kept')
  await host.close()
})

test('an action whose former buffers cannot be taken over harms no other', async (context) => {
  const { host, folder, logged } = startHost(context, [CONNECTOR])
  const left = join(folder, 'http', 'a', '7-0')
  mkdirSync(left, { recursive: true })
  writeFileSync(join(left, '0001000000.log'), 'x')
  writeFileSync(join(folder, 'http', 'a', '0-0'), 'no folder')
  await host.run({ do: 'put', spec: actionSpec('hybrid') })
  assert.ok(logged.includes('action_buffer_not_taken_over'))
  assert.ok(host.findAction('http:a'))
  await host.close()
})

test('what a fallback action cannot take either is given up', async (context) => {
  const specs = [
    CONNECTOR,
    actionSpec('memory', { fallback: 'b' }),
    actionSpec('memory', { name: 'b', fallback: 'a' }),
  ]
  const { host, send } = startHost(context, specs)
  assert.match(await send('x'.repeat(BUFFER_BYTES)), /max_buffer_bytes/)
  const readings = (await host.run({ do: 'read' })) as readonly IntegrationReading[]
  const matched = readings.map(({ counters }) => counters[ActionCounter.MATCHED])
  assert.deepEqual(matched, [undefined, 1, 1])
  await host.close()
})

test('what falls back on an action while it is made anew waits for it', async (context) => {
  const specs = [CONNECTOR, actionSpec('memory', { fallback: 'b' }), actionSpec('memory', B)]
  const { host, send } = startHost(context, specs)
  const change = host.run({ do: 'put', spec: actionSpec('memory', B) })
  await Promise.resolve() // The change begins.
  await send('x'.repeat(BUFFER_BYTES))
  await change
  const readings = (await host.run({ do: 'read' })) as readonly IntegrationReading[]
  const b = readings.find(({ kind, name }) => kind === 'action' && name === 'b')
  assert.equal(b?.counters[ActionCounter.DROPPED_RESOURCE_STOPPED], 0)
  assert.equal(b.counters[ActionCounter.MATCHED], 1)
  await host.close()
})
