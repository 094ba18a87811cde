import assert from 'node:assert/strict'
import { getHeapStatistics } from 'node:v8'
import { describe, it } from 'node:test'
import { Metric, Metrics } from '#broker/metrics.ts'
import { Access, type Identity } from '#broker/ports.ts'
import type { AuthorizationConfig } from '#config/fields/authorization/authorization.ts'
import { loadConfig } from '#config/load.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import { ClientAuthorization } from '#access/authorization/client-authorization.ts'
import { writeRules, type StoredRule } from '#access/authorization/rules/rule-table.ts'

const RULES: readonly StoredRule[] = [
  { permission: 'allow', action: 'all', topic: 'open/#' },
  { permission: 'deny', action: 'all', topic: 'secret/#' },
]

function configOf(text: string): AuthorizationConfig {
  const { config, errors } = loadConfig({ files: [{ source: 'test', text }] })
  assert.deepEqual(errors, [])
  assert.ok(config)
  return config.authorization
}

/** Authorization by stored rules, at a time that tests move. */
function rig(text = '') {
  const time = { nowMs: 1_000_000 }
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs }
  const silent = (): void => {}
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const store = new MemoryDisk().open()
  writeRules(store, { subject: { kind: 'all' }, rules: RULES })
  const metrics = new Metrics()
  const config = configOf(`authorization.sources = [{ type = built_in_database }]\n${text}`)
  const context = { shardCount: 1, log, clock, store, readSecret: (written: string) => written }
  const authorization = new ClientAuthorization(config, context, metrics)
  return { authorization, metrics, store, time }
}

function client(more: Partial<Identity> = {}): Identity {
  const wire = {
    listener: 'tcp:default',
    transport: 'tcp',
    peerHost: '127.0.0.1',
    peerPort: 1,
    localPort: 1883,
  } as const
  return { clientId: 'c', username: undefined, isSuperuser: false, wire, ...more }
}

function publish(authorization: ClientAuthorization, who: Identity, topic: string): Access {
  return authorization.authorizePublish(who, topic, 0, false, () => assert.fail('it waited'))
}

describe('authorization of clients', () => {
  it('remembers for the time and the number of topics that are configured', () => {
    const { authorization, time } = rig('authorization.cache { ttl = 10s, max_size = 2 }')
    const who = client()
    const isKnown = (topic: string) =>
      authorization.recallPublish(who, topic, 0, false) !== Access.PENDING
    publish(authorization, who, 'open/1')
    publish(authorization, who, 'secret/2')
    assert.equal(authorization.recallPublish(who, 'open/1', 0, false), Access.ALLOW)
    assert.equal(authorization.recallPublish(who, 'secret/2', 0, false), Access.DENY)
    assert.equal(authorization.recallPublish(who, 'open/1', 1, false), Access.PENDING, 'other QoS')
    assert.equal(authorization.recallPublish(client(), 'open/1', 0, false), Access.PENDING)
    publish(authorization, who, 'open/3')
    assert.deepEqual(['open/1', 'secret/2', 'open/3'].map(isKnown), [false, true, true])
    time.nowMs += 10_000
    assert.ok(!isKnown('open/3'))
  })

  it('remembers nothing about topics that are left out, or when it is switched off', () => {
    for (const text of ['cache.excludes = ["open/+"]', 'cache.enable = false']) {
      const { authorization } = rig(`authorization.${text}`)
      const who = client()
      assert.equal(publish(authorization, who, 'open/1'), Access.ALLOW)
      assert.equal(authorization.recallPublish(who, 'open/1', 0, false), Access.PENDING)
    }
  })

  it('allows superusers everything, and others what their credentials say first', () => {
    const { authorization, time, metrics } = rig()
    assert.equal(publish(authorization, client({ isSuperuser: true }), 'secret/1'), Access.ALLOW)
    assert.equal(metrics.get(Metric.AUTHORIZATION_SUPERUSER), 1)
    const rule = { permission: 'allow', action: 'publish', topic: 'secret/${clientid}' } as const
    const acl = { rules: [rule], otherwise: 'pass' } as const
    const who = client({ acl, expiresAtMs: time.nowMs + 5_000 })
    assert.equal(publish(authorization, who, 'secret/c'), Access.ALLOW)
    assert.equal(publish(authorization, who, 'secret/d'), Access.DENY)
    assert.equal(publish(authorization, who, 'open/1'), Access.ALLOW)
    time.nowMs += 5_000
    assert.equal(publish(authorization, who, 'secret/c'), Access.DENY, 'remembered no longer')
    const strict = client({ acl: { rules: [rule], otherwise: 'deny' } })
    assert.equal(publish(authorization, strict, 'open/1'), Access.DENY)
    const broken = client({ acl: { rules: [{ ...rule, topic: 'a+' }], otherwise: 'pass' } })
    assert.equal(publish(authorization, broken, 'open/1'), Access.DENY)
  })

  it('refuses what a damaged record might forbid, and does not remember it', () => {
    const { authorization, store } = rig()
    store.put('rules', 'client\0c', new Uint8Array([1, 2, 3, 4, 5, 6, 7]))
    const who = client()
    assert.equal(publish(authorization, who, 'open/1'), Access.DENY)
    writeRules(store, { subject: { kind: 'client', name: 'c' }, rules: [] })
    assert.equal(publish(authorization, who, 'open/1'), Access.ALLOW)
    assert.equal(authorization.report()[0]?.counts.failed, 1)
  })

  it('allocates nothing for what it remembers', () => {
    const { authorization } = rig()
    const who = client()
    const topics = ['open/1', 'open/2', 'secret/3']
    for (const topic of topics) publish(authorization, who, topic)
    const recall = (count: number): void => {
      for (let index = 0; index < count; index++) {
        const topic = topics[index % 3] ?? ''
        if (authorization.recallPublish(who, topic, 0, false) === Access.PENDING) assert.fail()
      }
    }
    recall(200_000)
    // A collection in between would hide what was allocated: the best of some rounds counts.
    const grown = [1, 2, 3, 4, 5].map(() => {
      const before = getHeapStatistics().used_heap_size
      recall(200_000)
      return Math.abs(getHeapStatistics().used_heap_size - before)
    })
    assert.ok(Math.min(...grown) < 200_000, `${Math.min(...grown)} bytes for 200,000 decisions`)
  })
})
