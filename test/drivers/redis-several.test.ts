import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openRedis, type RedisDriver, type RedisTopology } from '#drivers/redis.ts'
import {
  needsRedis,
  type RedisCluster,
  type RedisSentinel,
  startRedisCluster,
  startRedisSentinel,
} from '../support/servers/redis.ts'
import { eventually, failureOf, QUICK_LIMITS } from './driver-kit.ts'

function open(topology: RedisTopology): RedisDriver {
  const login = { username: undefined, password: undefined, database: 0, tls: undefined }
  return openRedis({ ...QUICK_LIMITS, ...login, requestTimeoutMs: 2000, topology })
}

describe('Redis with sentinels', needsRedis(), () => {
  let redis: RedisSentinel
  before(async () => {
    redis = await startRedisSentinel()
  })
  after(() => redis.remove())

  it('finds the primary, and the new one after a failover', async () => {
    const nobody = { host: '127.0.0.1', port: 1 }
    const servers = [nobody, redis.sentinel]
    const driver = open({ type: 'sentinel', servers, primary: 'mymaster' })
    try {
      await eventually(() => driver.command(['SET', 'k', 'v']))
      await redis.nodes[0]?.kill()
      await eventually(() => driver.command(['SET', 'k', 'w']))
      assert.equal(await driver.command(['GET', 'k']), 'w')
    } finally {
      await driver.close()
    }
  })

  it('says that the sentinels do not know the name', async () => {
    const driver = open({ type: 'sentinel', servers: [redis.sentinel], primary: 'other' })
    try {
      const fault = await failureOf(() => driver.command(['GET', 'k']))
      assert.match(fault.message, /know no primary other/)
    } finally {
      await driver.close()
    }
  })
})

describe('a Redis cluster', needsRedis(), () => {
  let redis: RedisCluster
  before(async () => {
    redis = await startRedisCluster()
  })
  after(() => redis.remove())

  it('is asked node by node, and heals when one is killed and runs again', async () => {
    const driver = open({ type: 'cluster', servers: redis.nodes.slice(0, 1) })
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
    const setAll = () => Promise.all(keys.map((key) => driver.command(['SET', key, key])))
    try {
      await eventually(setAll)
      await redis.nodes[1]?.restart()
      await eventually(setAll)
      for (const node of redis.nodes) await node.kill()
      await failureOf(() => driver.command(['GET', 'key-1']))
      for (const node of redis.nodes) await node.start()
      await eventually(setAll)
      assert.equal(await driver.command(['GET', 'key-7']), 'key-7')
    } finally {
      await driver.close()
    }
  })
})
