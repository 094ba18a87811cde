import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { needsInfluxdb, startInfluxdb } from './influxdb.ts'
import { needsMariadb, runMariadbSql, startMariadb } from './mariadb.ts'
import { needsMosquittoServer, startMosquitto } from './mosquitto.ts'
import { needsNats, startNats } from './nats.ts'
import { needsOpenldap, startOpenldap } from './openldap.ts'
import { needsPostgres, runSql, startPostgres } from './postgres.ts'
import { needsPrometheus, startPrometheus } from './prometheus.ts'
import { needsRabbitmq, startRabbitmq } from './rabbitmq.ts'
import { needsRedis, REDIS_LOGIN, runRedis, startRedis } from './redis.ts'
import { isAccepted, type ServerProcess } from './server-process.ts'

/** A server serves on its port, is gone when killed, serves again there, and leaves nothing. */
async function proveLife(server: ServerProcess): Promise<void> {
  try {
    assert.ok(await isAccepted(server.host, server.port))
    await server.kill()
    assert.ok(!(await isAccepted(server.host, server.port)))
    await server.start()
    assert.ok(await isAccepted(server.host, server.port))
    server.pause()
    server.resume()
    await server.stop()
    assert.ok(!(await isAccepted(server.host, server.port)))
  } finally {
    await server.remove()
  }
  assert.ok(!existsSync(server.folder))
}

describe('servers that tests start are killed, started again and removed', () => {
  it('InfluxDB', needsInfluxdb(), async () => proveLife(await startInfluxdb()))
  it('Mosquitto', needsMosquittoServer(), async () => proveLife((await startMosquitto()).server))
  it('NATS', needsNats(), async () => proveLife(await startNats()))
  it('Prometheus', needsPrometheus(), async () => proveLife(await startPrometheus(9, '/')))
  it('RabbitMQ', needsRabbitmq(), async () => proveLife(await startRabbitmq()))
  it('OpenLDAP', needsOpenldap(), async () => proveLife((await startOpenldap('')).server))

  it('PostgreSQL, which keeps its data', needsPostgres(), async () => {
    const server = await startPostgres()
    runSql(server, 'CREATE TABLE t (n int); INSERT INTO t VALUES (7)', 'mqtt')
    await server.restart()
    assert.equal(runSql(server, 'SELECT n FROM t', 'mqtt').trim(), '7')
    await proveLife(server)
  })

  it('MariaDB, which keeps its data', needsMariadb(), async () => {
    const server = await startMariadb()
    runMariadbSql(server, 'CREATE TABLE t (n int); INSERT INTO t VALUES (7)', 'mqtt')
    await server.restart()
    assert.equal(runMariadbSql(server, 'SELECT n FROM t', 'mqtt').trim(), '7')
    await proveLife(server)
  })

  it('Redis, which keeps its data', needsRedis(), async () => {
    const { server } = await startRedis()
    runRedis(server, ['SET', 'n', '7'], REDIS_LOGIN.password)
    await server.restart()
    assert.equal(runRedis(server, ['GET', 'n'], REDIS_LOGIN.password).trim(), '7')
    await proveLife(server)
  })
})
