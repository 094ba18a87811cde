import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { BrokerProcess, makeFolder } from '../support/broker-process.ts'
import { CalmClient } from '../support/calm-client.ts'
import { connectBytes } from '../support/packets.ts'
import { RawConnection } from '../support/raw-connection.ts'

const PER_SECOND = 100
const FLOOD = 500
const BACKLOG = 80
const WATCHED_MS = 1_500
/** Of others; this process keeps the machine busy itself. */
const LATENCY_MS_MAX = 10_000
const CONFIG = `
  listeners.tcp.default {
    max_conn_rate = "${PER_SECOND}/s"
    tcp_options.backlog = ${BACKLOG}
  }
`

for (const shards of [1, 2]) {
  const of = shards === 1 ? 'one shard' : `${shards} shards`
  test(`with ${of} a flood of CONNECTs is let in at the rate that is set`, async (context) => {
    const dataDir = join(makeFolder(context), 'data')
    const broker = await BrokerProcess.start({ dataDir, shards, config: CONFIG })
    const calm = await CalmClient.start(broker)
    const startedMs = performance.now()
    let welcome = 0
    const all = await Promise.all(
      Array.from({ length: FLOOD }, async (_, index) => {
        const connection = await RawConnection.dial(broker, 'tcp')
        connection.send(connectBytes(`flood-${index}`))
        void connection
          .until((received) => received.length > 0)
          .then(() => {
            if (connection.received.length > 0) welcome++
          })
        return connection
      }),
    )
    await pause(WATCHED_MS)
    const seconds = (performance.now() - startedMs) / 1_000
    // The allowance of one second may be used at once.
    const most = PER_SECOND * (seconds + 1) + 5
    assert.ok(welcome <= most, `${welcome} were let in within ${seconds} s`)
    assert.ok(welcome >= PER_SECOND, `${welcome} were let in within ${seconds} s`)
    const refused = all.filter(({ isEnded }) => isEnded).length
    assert.ok(refused > 0, 'more wait than may wait: the rest is refused')
    const slowestMs = await calm.stop()
    assert.match(broker.output, /connection_closed_by_listener, .*reason: connect_rate/)
    assert.ok(slowestMs < LATENCY_MS_MAX, `others waited ${slowestMs} ms`)
    for (const connection of all) connection.destroy()
  })
}

test('without a limit a flood is let in, and those who are in are served', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const broker = await BrokerProcess.start({ dataDir, shards: 2 })
  const calm = await CalmClient.start(broker)
  for (let round = 0; round < 4; round++) {
    const all = await Promise.all(
      Array.from({ length: FLOOD }, async (_, index) => {
        const connection = await RawConnection.dial(broker, 'tcp')
        connection.send(connectBytes(`flood-${round}-${index}`))
        await connection.until((received) => received.length > 0)
        assert.equal(connection.isEnded, false)
        return connection
      }),
    )
    for (const connection of all) connection.destroy()
  }
  const slowestMs = await calm.stop()
  assert.ok(slowestMs < LATENCY_MS_MAX, `others waited ${slowestMs} ms`)
})
