import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { kept } from '../../support/sessions.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const CLIENTS = '$SYS/brokers/tideway@127.0.0.1/clients'

/** Someone who watches all clients. */
function watcher(world: World): TestClient {
  const client = world.connect({ clientId: 'watcher' })
  client.subscribe(`${CLIENTS}/#`)
  client.messages()
  return client
}

/** `client/event` and what the message says. */
function events(client: TestClient): Array<readonly [string, Record<string, unknown>]> {
  return client.messages().map(({ topic, payload, qos, retain }) => {
    assert.deepEqual([qos, retain], [0, false])
    return [topic.slice(CLIENTS.length + 1), JSON.parse(payload)]
  })
}

function names(client: TestClient): string[] {
  return events(client).map(([name]) => name)
}

describe('presence messages', () => {
  worldTest('tell who connects and disconnects, in any shard', (world) => {
    const watching = watcher(world)
    for (let shard = 0; shard < world.shardCount; shard++) {
      world.connect({ clientId: 'c', shard }).disconnect()
      assert.deepEqual(names(watching), ['c/connected', 'c/disconnected'])
    }
  })

  worldTest('tell what CONNECT said', (world) => {
    const watching = watcher(world)
    const connectedAt = world.nowMs
    world.connect(
      kept('c', { username: 'u', keepAliveSeconds: 60, info: { peerHost: '192.0.2.7' } }),
    )
    world.connect({ clientId: 'old', version: ProtocolVersion.V31 })
    const [[, five] = [], [, old] = []] = events(watching)
    assert.deepEqual(five, {
      clientid: 'c',
      username: 'u',
      ipaddress: '192.0.2.7',
      sockport: 1883,
      protocol: 'mqtt',
      proto_name: 'MQTT',
      proto_ver: 5,
      keepalive: 60,
      clean_start: false,
      expiry_interval: 3_600_000,
      connected_at: connectedAt,
      ts: connectedAt,
    })
    assert.deepEqual(
      [old?.['username'], old?.['proto_name'], old?.['proto_ver'], old?.['clean_start']],
      [null, 'MQIsdp', 3, true],
    )
  })

  worldTest('tell why a client went', (world) => {
    const watching = watcher(world)
    const ways: ReadonlyArray<readonly [string, (client: TestClient) => void]> = [
      ['normal', (client) => client.disconnect()],
      ['normal', (client) => client.disconnect(4)],
      ['tcp_closed', (client) => client.drop()],
      ['keepalive_timeout', () => world.pass(15_000)],
      ['takenover', () => world.connect(kept('c')).disconnect(0, 0)],
      ['discarded', () => world.connect({ clientId: 'c' }).disconnect()],
      ['malformed_packet', (client) => client.send('00 00')],
      ['protocol_error', (client) => client.send('D0 00')],
    ]
    for (const [reason, leave] of ways) {
      const client = world.connect(kept('c', { keepAliveSeconds: 10 }))
      const connectedAt = world.nowMs
      events(watching)
      leave(client)
      const found = events(watching).find(([name]) => name === 'c/disconnected')
      assert.equal(found?.[1]['reason'], reason)
      assert.equal(found[1]['connected_at'], connectedAt)
      assert.equal(found[1]['disconnected_at'], world.nowMs)
    }
  })

  worldTest('come for each connection, whatever becomes of its session', (world) => {
    const watching = watcher(world)
    const first = world.connect(kept('c'))
    first.drop()
    world.connect(kept('c'))
    world.crash()
    const again = watcher(world)
    assert.deepEqual(names(watching), ['c/connected', 'c/disconnected', 'c/connected'])
    world.connect(kept('c')).disconnect(0, 0)
    assert.deepEqual(names(again), ['c/connected', 'c/disconnected'])
  })

  worldTest('write client ids that no topic can have in another way', (world) => {
    const watching = watcher(world)
    world.connect({ clientId: 'a/b+#' })
    const [[name, body] = []] = events(watching)
    assert.equal(name, 'a/b%2B%23/connected')
    assert.equal(body?.['clientid'], 'a/b+#')
  })

  worldTest('do not come for clients that are refused', (world) => {
    const watching = watcher(world)
    world.access.authenticate = (_request, done) => {
      done({ allowed: false, reason: 0x86, reasonString: 'no' })
    }
    world.dial({ clientId: 'c' }).tryConnect()
    assert.deepEqual(names(watching), [])
  })

  worldTest(
    'of subscriptions come if they are wanted',
    (world) => {
      const watching = watcher(world)
      const client = world.connect({ clientId: 'c', username: 'u' })
      const nowMs = world.nowMs
      client.subscribe('a/+', { qos: 1, noLocal: true, subscriptionIdentifier: 7 })
      client.subscribe('a/+', { qos: 2, retainHandling: 1, retainAsPublished: true })
      client.subscribe('a/#/b')
      client.unsubscribe('a/+')
      client.unsubscribe('a/+')
      const [first, second, third, ...more] = events(watching)
      assert.deepEqual(more, [])
      assert.deepEqual(first, [
        'c/subscribed',
        {
          clientid: 'c',
          username: 'u',
          protocol: 'mqtt',
          topic: 'a/+',
          subopts: {
            qos: 1,
            nl: 1,
            rap: 0,
            rh: 0,
            sub_props: { 'Subscription-Identifier': 7 },
            is_new: true,
          },
          ts: nowMs,
        },
      ])
      const options = second?.[1]['subopts']
      assert.deepEqual(options, { qos: 2, nl: 0, rap: 1, rh: 1, sub_props: {}, is_new: false })
      assert.equal(third?.[0], 'c/unsubscribed')
      assert.equal(third[1]['topic'], 'a/+')
    },
    {
      sys: {
        clientSubscribed: true,
        clientUnsubscribed: true,
        clientConnected: false,
        clientDisconnected: false,
      },
    },
  )

  worldTest('of subscriptions do not come otherwise', (world) => {
    const watching = watcher(world)
    const client = world.connect({ clientId: 'c' })
    client.subscribe('a')
    client.unsubscribe('a')
    assert.deepEqual(names(watching), ['c/connected'])
  })

  worldTest('keep connecting and disconnecting in order when a session is taken over', (world) => {
    const watching = watcher(world)
    for (let shard = 0; shard < world.shardCount; shard++) world.connect(kept('c', { shard }))
    const got = names(watching)
    const connected = got.filter((name) => name === 'c/connected').length
    const disconnected = got.filter((name) => name === 'c/disconnected').length
    assert.deepEqual([connected, disconnected], [world.shardCount, world.shardCount - 1])
  })
})
