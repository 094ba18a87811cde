import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientEvents } from './client-events.ts'
import type { ClientFacts } from './client-events.ts'

const ON = {
  messageIntervalMs: 60_000,
  heartbeatIntervalMs: 30_000,
  clientConnected: true,
  clientDisconnected: true,
  clientSubscribed: true,
  clientUnsubscribed: true,
}
const CLIENT: ClientFacts = {
  clientId: 'meter-1',
  username: undefined,
  peerHost: '192.0.2.1',
  localPort: 1883,
  protocol: 'mqtt',
  protocolName: 'MQTT',
  protocolVersion: 5,
  connectedAtMs: 1_000,
}
const OPTIONS = {
  qos: 1,
  noLocal: true,
  retainAsPublished: false,
  retainHandling: 2,
  subscriptionId: 4,
  isNew: true,
} as const

test('presence messages carry the facts of the client as JSON', () => {
  const events = new ClientEvents('n@h', ON, () => true)
  const connect = { keepAliveSeconds: 60, cleanStart: false, sessionExpiryMs: Infinity }
  const connected = events.connected(CLIENT, connect, 1_001)
  assert.equal(connected?.topic, '$SYS/brokers/n@h/clients/meter-1/connected')
  const common = {
    clientid: 'meter-1',
    username: null,
    ipaddress: '192.0.2.1',
    sockport: 1883,
    protocol: 'mqtt',
    proto_name: 'MQTT',
    proto_ver: 5,
    connected_at: 1_000,
  }
  assert.deepEqual(JSON.parse(connected.payload), {
    ...common,
    ts: 1_001,
    keepalive: 60,
    clean_start: false,
    expiry_interval: 4_294_967_295_000,
  })
  const disconnected = events.disconnected(CLIENT, 'normal', 2_000)
  assert.deepEqual(JSON.parse(disconnected?.payload ?? ''), {
    ...common,
    ts: 2_000,
    reason: 'normal',
    disconnected_at: 2_000,
  })
})

test('subscription messages carry the filter and its options', () => {
  const events = new ClientEvents('n@h', ON, () => true)
  const subscribed = events.subscribed(CLIENT, 'a/#', OPTIONS, 5)
  assert.equal(subscribed?.topic, '$SYS/brokers/n@h/clients/meter-1/subscribed')
  assert.deepEqual(JSON.parse(subscribed.payload), {
    clientid: 'meter-1',
    username: null,
    protocol: 'mqtt',
    topic: 'a/#',
    subopts: {
      qos: 1,
      nl: 1,
      rap: 0,
      rh: 2,
      sub_props: { 'Subscription-Identifier': 4 },
      is_new: true,
    },
    ts: 5,
  })
  const unsubscribed = events.unsubscribed(CLIENT, 'a/#', 6)
  assert.deepEqual(JSON.parse(unsubscribed?.payload ?? ''), {
    clientid: 'meter-1',
    username: null,
    protocol: 'mqtt',
    topic: 'a/#',
    ts: 6,
  })
})

test('clients of a gateway have their own branch, and each event its switch', () => {
  const settings = {
    ...ON,
    clientConnected: false,
    clientSubscribed: false,
    clientUnsubscribed: false,
  }
  const events = new ClientEvents('n@h', settings, () => true)
  const stomp = { ...CLIENT, protocol: 'stomp' }
  const connect = { keepAliveSeconds: 0, cleanStart: true, sessionExpiryMs: 0 }
  assert.equal(events.connected(CLIENT, connect, 1), undefined)
  assert.equal(events.subscribed(CLIENT, 'a', OPTIONS, 1), undefined)
  assert.equal(events.unsubscribed(CLIENT, 'a', 1), undefined)
  const topic = events.disconnected(stomp, 'normal', 1)?.topic
  assert.equal(topic, '$SYS/brokers/n@h/gateway/stomp/clients/meter-1/disconnected')
})

test('nothing is made for nobody', () => {
  const asked: string[] = []
  const events = new ClientEvents('n@h', ON, (topic) => {
    asked.push(topic)
    return false
  })
  assert.equal(events.disconnected(CLIENT, 'normal', 1), undefined)
  assert.deepEqual(asked, ['$SYS/brokers/n@h/clients/meter-1/disconnected'])
})
