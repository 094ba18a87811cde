import assert from 'node:assert/strict'
import { openRedis } from '#drivers/redis.ts'
import { needsRedis, REDIS_LOGIN, startRedis } from '../support/servers/redis.ts'
import { type DriverRig, describeDriver } from './driver-kit.ts'
import { tlsOf } from './tls-of.ts'

async function start(): Promise<DriverRig> {
  const { server, tlsPort } = await startRedis()
  return {
    server,
    remove: () => server.remove(),
    open(options) {
      const password = options.password === 'right' ? REDIS_LOGIN.password : 'wrong-Secret-1'
      const port = options.tls === undefined ? server.port : tlsPort
      const driver = openRedis({
        ...options,
        topology: { type: 'single', server: { host: server.host, port } },
        username: REDIS_LOGIN.username,
        password,
        database: 1,
        tls: tlsOf(options.tls, server),
      })
      const ask = async () => assert.equal(await driver.command(['ECHO', 'hello']), 'hello')
      return { driver, ask }
    },
  }
}

describeDriver('Redis', start, { needs: needsRedis() })
