/**
 * What every sink keeps: nothing is lost while its system hangs, is killed and comes back; order;
 * batches; it blocks nobody, leaves nothing open, and a wrong login is told.
 */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Plain } from '#config/hocon/value.ts'
import type { NeedOptions } from '../../support/needs-package.ts'
import {
  clientOf,
  conf,
  openSockets,
  publishNumbers,
  ruleTo,
  startIntegrated,
  until,
  untilCount,
  untilStatus,
} from './integration-rig.ts'

/** A system that can be killed. */
export interface KitServer {
  readonly port: number
  start(): Promise<void>
  kill(): Promise<void>
  /** It hangs, until `resume`. */
  pause?(): void
  resume?(): void
  remove(): Promise<void>
}

/** A sink to be tested. */
export interface SinkCase<S extends KitServer> {
  /** Type of the connector. */
  readonly type: string
  readonly needs: NeedOptions
  start(): Promise<S>
  /** Keys of the connector. */
  connector(server: S): Plain
  /** `parameters` of an action that writes the column `n` of the payload. */
  readonly parameters: Plain
  /** Makes tables and the like. */
  prepare?(server: S): void | Promise<void>
  /** All values of `n` that the system has. */
  numbers(server: S): readonly number[] | Promise<readonly number[]>
  /** They are in the order in which they came. */
  readonly isOrdered?: true
  /** Requests that have written something, where a batch is one. */
  requests?(server: S): number
  /** Keys of a connector that is not let in, and what is said of it. */
  readonly wrong?: { readonly keys: (server: S) => Plain; readonly reason: RegExp }
}

const OPTIONS = { health_check_interval: '200ms' }
const BATCH = 10
/** Records that are published: while all is well, while it hangs, while it is away. */
const WELL = 30
const HANGING = 10
const AWAY = 20
const ALL = WELL + HANGING + AWAY

function trees<S extends KitServer>(one: SinkCase<S>, connector: Plain): readonly Plain[] {
  const { type, parameters } = one
  const kept = { ...(connector as object), resource_opts: OPTIONS } as Plain
  const resource_opts = {
    ...OPTIONS,
    worker_pool_size: 1,
    inflight_window: 1,
    batch_size: BATCH,
    batch_time: '500ms',
  }
  const action = { connector: 'c', parameters, resource_opts } as Plain
  return [
    { connectors: { [type]: { c: kept } } },
    { actions: { [type]: { a: action } } },
    ruleTo(`${type}:a`),
  ]
}

/** Tests a sink with its server. */
export function testSink<S extends KitServer>(one: SinkCase<S>): void {
  suite(`the sink ${one.type}`, one.needs, () => {
    let server: S
    before(async () => {
      server = await one.start()
      await one.prepare?.(server)
    })
    after(() => server.remove())

    test('delivers all, also what comes while the server hangs or is away', async (context) => {
      const socketsBefore = openSockets()
      const broker = await startIntegrated(context, trees(one, one.connector(server)))
      const id = `${one.type}:a`
      await untilStatus(broker, 'action', id, 'connected')
      const client = await clientOf(context, broker)
      await publishNumbers(client, 0, WELL)
      await untilCount(broker, id, 'success', WELL)
      server.pause?.()
      await publishNumbers(client, WELL, WELL + HANGING) // Acknowledged while it hangs.
      server.resume?.()
      await untilCount(broker, id, 'success', WELL + HANGING)
      await server.kill()
      await publishNumbers(client, WELL + HANGING, ALL)
      await untilStatus(broker, 'connector', `${one.type}:c`, 'disconnected')
      await server.start()
      await untilCount(broker, id, 'success', ALL)
      const numbers = await one.numbers(server)
      const found = [...new Set(numbers)]
      assert.deepEqual(one.isOrdered === true ? found : found.toSorted((a, b) => a - b), [
        ...Array(ALL).keys(),
      ])
      if (one.requests !== undefined) assert.ok(one.requests(server) < ALL, 'it takes batches')
      await client.endAsync()
      await broker.stop()
      await until('nothing is open', () => openSockets() <= socketsBefore)
    })

    const { wrong } = one
    if (wrong === undefined) return
    test('tells what to do when it is not let in', async (context) => {
      const broker = await startIntegrated(context, trees(one, wrong.keys(server)))
      let reason = ''
      await until('the reason is known', async () => {
        const all = await broker.node.integrations.read()
        reason = all.find(({ kind }) => kind === 'connector')?.status.reason ?? ''
        return wrong.reason.test(reason)
      }).catch(() => assert.match(reason, wrong.reason, conf(wrong.keys(server))))
    })
  })
}
