/** Zones of a whole broker: what its clients, its owner and the REST API see of them. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { IClientOptions, MqttClient } from 'mqtt'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import {
  type ApiReply,
  type ManagedBroker,
  startManaged,
} from '../management/support/managed-broker.ts'
import { until } from '../integrations/support/integration-rig.ts'
import { disconnectCode, publishCode, subscribeCodes } from './access-rig.ts'

const { BANNED, NOT_AUTHORIZED, QOS_NOT_SUPPORTED, QUOTA_EXCEEDED } = ReasonCode

const CONFIG = `
  zones.plant {
    mqtt {
      max_qos_allowed = 1
      max_connections_per_user = 1
      client_attrs_init = [{ expression = "zone", set_as_attr = place }]
    }
    flapping_detect { enable = true, max_count = 2 }
  }
  listeners.tcp.plant { bind = "127.0.0.1:0", zone = plant, mountpoint = "\${client_attrs.place}/" }
  authorization {
    no_match = deny
    sources = [{ type = built_in_database }]
  }`

describe('a zone', () => {
  let managed: ManagedBroker
  let nextPort = 0
  before(async () => {
    managed = await startManaged({ config: CONFIG })
    await rules('all', { rules: [{ topic: 'zones/${zone}', permission: 'allow', action: 'all' }] })
  })
  after(() => managed.stop())

  const plant = (options: IClientOptions = {}): Promise<MqttClient> => {
    const port = managed.broker.port('tcp:plant')
    return managed.connect(`plant-${nextPort++}`, { port, ...options })
  }
  const put = async (path: string, body: unknown): Promise<ApiReply> => {
    const reply = await managed.call('PUT', path, { body })
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
    return reply
  }
  const rules = async (whose: string, body: unknown): Promise<void> => {
    const path = `/authorization/sources/built_in_database/rules/${whose}`
    const reply = await managed.call('POST', path, { body })
    assert.equal(reply.status, 204, JSON.stringify(reply.body))
  }

  test('is that of the clients of the listeners that name it', async () => {
    const [inside, outside] = [await plant(), await managed.connect('outside')]
    assert.deepEqual(await subscribeCodes(inside, 'zones/plant', 2), [1])
    assert.deepEqual(await subscribeCodes(outside, 'zones/default', 2), [2])
    assert.equal(await publishCode(inside, 'zones/plant'), 0)
    assert.equal(await publishCode(inside, 'zones/default'), NOT_AUTHORIZED)
    assert.equal(await publishCode(outside, 'zones/plant'), NOT_AUTHORIZED)
    const { body } = await managed.call('GET', '/clients/outside')
    assert.equal(body.zone, 'default')
    const shown = (await managed.call('GET', `/clients/${inside.options.clientId}`)).body
    assert.deepEqual([shown.zone, shown.mountpoint], ['plant', 'plant/'])
    const listeners = (await managed.call('GET', '/listeners')).body
    const zones = Object.fromEntries(
      listeners.map((one: Record<string, string>) => {
        return [one['id'], one['zone']]
      }),
    )
    assert.deepEqual([zones['tcp:plant'], zones['tcp:default']], ['plant', 'default'])
    const ended = disconnectCode(inside)
    inside.publish('zones/plant', '', { qos: 2 })
    assert.equal(await ended, QOS_NOT_SUPPORTED)
  })

  test('limits connections by itself, and detects who comes and goes by itself', async () => {
    const code = async (connecting: Promise<MqttClient>): Promise<number> => {
      try {
        await connecting
        return 0
      } catch (error) {
        return Number((error as { code?: unknown }).code)
      }
    }
    await plant({ username: 'ada' })
    assert.equal(await code(plant({ username: 'ada' })), QUOTA_EXCEEDED)
    for (let count = 0; count < 2; count++) {
      assert.equal(await code(managed.connect(`free-${count}`, { username: 'bob' })), 0)
    }
    for (const where of [plant, (options: IClientOptions) => managed.connect('', options)]) {
      const clientId = where === plant ? 'restless' : 'free'
      for (let count = 0; count < 2; count++) await (await where({ clientId })).endAsync()
    }
    await until('the ban', async () => {
      return (await code(plant({ clientId: 'restless' }))) === BANNED
    })
    assert.equal(await code(managed.connect('free')), 0)
  })

  test('is changed while its clients are connected, also by what holds in general', async () => {
    const inside = await plant()
    const granted = async (): Promise<readonly number[]> => {
      return subscribeCodes(inside, 'zones/plant', 2)
    }
    assert.deepEqual(await granted(), [1])
    await put('/configs/zones', { plant: { mqtt: { max_qos_allowed: 0 } } })
    assert.deepEqual(await granted(), [0])
    await put('/configs/zones', { plant: { mqtt: { max_qos_allowed: null } } })
    assert.deepEqual(await granted(), [2])
    await put('/configs/global_zone', { mqtt: { max_qos_allowed: 0 }, force_gc: { enable: false } })
    assert.deepEqual(await granted(), [0])
    const { body } = await managed.call('GET', '/configs/global_zone')
    assert.deepEqual(Object.keys(body), ['mqtt', 'flapping_detect', 'force_shutdown'])
    assert.equal(body.mqtt.max_qos_allowed, 0)
    const wrong = await managed.call('PUT', '/configs/global_zone', { body: { delayed: {} } })
    assert.equal(wrong.status, 400)
  })

  test('cannot be named or taken away where it does not fit', async () => {
    const body = { bind: '127.0.0.1:0', zone: 'plnt', type: 'tcp', name: 'more' }
    const unknown = await managed.call('POST', '/listeners', { body })
    assert.equal(unknown.status, 400)
    assert.match(unknown.body.message, /names the zone `plnt`.*there are default, plant/)
    const gone = await managed.call('PUT', '/configs', { body: 'zones.plant = null' })
    assert.equal(gone.status, 400)
    assert.match(gone.body.message, /listeners\.tcp\.plant\.zone/)
  })
})
