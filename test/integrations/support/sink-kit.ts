/** What every sink keeps: nothing is lost over a kill of its system, and a wrong login is told. */
import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { Plain } from '#config/hocon/value.ts'
import type { NeedOptions } from '../../support/needs-package.ts'
import {
  clientOf,
  conf,
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
  /** Keys of a connector that is not let in, and what is said of it. */
  readonly wrong?: { readonly keys: (server: S) => Plain; readonly reason: RegExp }
}

const OPTIONS = { health_check_interval: '200ms' }

function trees<S extends KitServer>(one: SinkCase<S>, connector: Plain): readonly Plain[] {
  const { type, parameters } = one
  const kept = { ...(connector as object), resource_opts: OPTIONS } as Plain
  const action = { connector: 'c', parameters, resource_opts: OPTIONS } as Plain
  return [
    { connectors: { [type]: { c: kept } } },
    { actions: { [type]: { a: action } } },
    ruleTo(`${type}:a`),
  ]
}

/** Tests a sink with its server. */
export function testSink<S extends KitServer>(one: SinkCase<S>): void {
  suite(`the sink ${one.type}`, one.needs, () => {
    const launch = async (context: TestContext): Promise<S> => {
      const server = await one.start()
      context.after(() => server.remove())
      await one.prepare?.(server)
      return server
    }

    test('delivers all, also what comes while the server is away', async (context) => {
      const server = await launch(context)
      const broker = await startIntegrated(context, trees(one, one.connector(server)))
      const id = `${one.type}:a`
      await untilStatus(broker, 'action', id, 'connected')
      const client = await clientOf(context, broker)
      await publishNumbers(client, 0, 30)
      await untilCount(broker, id, 'success', 30)
      await server.kill()
      await publishNumbers(client, 30, 60)
      await untilStatus(broker, 'connector', `${one.type}:c`, 'disconnected')
      await server.start()
      await untilCount(broker, id, 'success', 60)
      const found = new Set(await one.numbers(server))
      assert.deepEqual(
        [...found].toSorted((a, b) => a - b),
        [...Array(60).keys()],
      )
    })

    const { wrong } = one
    if (wrong === undefined) return
    test('tells what to do when it is not let in', async (context) => {
      const server = await launch(context)
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
