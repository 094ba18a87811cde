/** Sinks with real servers that can be killed. */
import assert from 'node:assert/strict'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect as connectNats } from '@nats-io/transport-node'
import { connect as connectAmqp } from 'amqplib'
import { needsInfluxdb, startInfluxdb } from '../../support/servers/influxdb.ts'
import { NATS_LOGIN, needsNats, startNats } from '../../support/servers/nats.ts'
import {
  needsPostgres,
  POSTGRES_LOGIN,
  runSql,
  startPostgres,
} from '../../support/servers/postgres.ts'
import { needsRabbitmq, RABBITMQ_LOGIN, startRabbitmq } from '../../support/servers/rabbitmq.ts'
import { needsRedis, REDIS_LOGIN, runRedis, startRedis } from '../../support/servers/redis.ts'
import type { ServerProcess } from '../../support/servers/server-process.ts'
import type { SinkCase } from './sink-kit.ts'

/** What SQL databases are tested with. */
export const SQL_PARAMETERS = {
  sql: "INSERT INTO kept (who, topic, n) VALUES (${clientid}, 'in ${topic}', ${payload.n})",
}
export const SQL_TABLE = 'CREATE TABLE kept (who VARCHAR(50), topic VARCHAR(50), n INTEGER);'

/** The numbers in what a client program prints of the table. */
export function sqlNumbers(output: string): readonly number[] {
  return output.split('\n').flatMap((line) => {
    const [, topic, n] = line.trim().split(/[|\t]/)
    return topic === 'in t/1' && n !== undefined ? [Number(n)] : []
  })
}

export const PGSQL: SinkCase<ServerProcess> = {
  type: 'pgsql',
  needs: needsPostgres(),
  start: startPostgres,
  prepare: (server) => {
    const { database, username } = POSTGRES_LOGIN
    runSql(server, `${SQL_TABLE} ALTER TABLE kept OWNER TO ${username};`, database)
  },
  connector: ({ port }) => ({ server: `127.0.0.1:${port}`, ...POSTGRES_LOGIN }),
  parameters: SQL_PARAMETERS,
  numbers: (server) => sqlNumbers(runSql(server, 'SELECT * FROM kept', POSTGRES_LOGIN.database)),
  isOrdered: true,
  wrong: {
    keys: ({ port }) => ({ server: `127.0.0.1:${port}`, ...POSTGRES_LOGIN, password: 'wrong' }),
    reason: /Check username, password and database/,
  },
}

function redisKeys(port: number, password: string) {
  return {
    parameters: {
      redis_type: 'single',
      server: `127.0.0.1:${port}`,
      username: REDIS_LOGIN.username,
      password,
    },
  }
}

export const REDIS: SinkCase<ServerProcess> = {
  type: 'redis',
  needs: needsRedis(),
  start: async () => (await startRedis()).server,
  connector: ({ port }) => redisKeys(port, REDIS_LOGIN.password),
  parameters: { command_template: ['ZADD', 'kept:${clientid}', '${payload.n}', '${payload.n}'] },
  numbers: (server) => {
    const output = runRedis(server, ['ZRANGE', 'kept:tester', '0', '-1'], REDIS_LOGIN.password)
    return output
      .split('\n')
      .filter((line) => /^\d+$/.test(line))
      .map(Number)
  },
  wrong: { keys: ({ port }) => redisKeys(port, 'wrong'), reason: /Check username and password/ },
}

const INFLUX_LOGIN = { username: 'tideway', password: 'influx-Secret-1' } as const
const INFLUX_DATABASE = 'mqtt'

async function queryInflux(port: number, q: string): Promise<string> {
  const { username, password } = INFLUX_LOGIN
  const credentials = Buffer.from(`${username}:${password}`).toString('base64')
  const response = await fetch(`http://127.0.0.1:${port}/query?db=${INFLUX_DATABASE}`, {
    method: 'POST',
    body: new URLSearchParams({ q }),
    headers: { authorization: `Basic ${credentials}` },
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return text
}

function influxTarget(password: string) {
  const { username } = INFLUX_LOGIN
  return { influxdb_type: 'influxdb_api_v1', database: INFLUX_DATABASE, username, password }
}

export const INFLUXDB: SinkCase<ServerProcess> = {
  type: 'influxdb',
  needs: needsInfluxdb(),
  start: startInfluxdb,
  prepare: async ({ port }) => {
    const { username, password } = INFLUX_LOGIN
    const user = `CREATE USER ${username} WITH PASSWORD '${password}' WITH ALL PRIVILEGES`
    await queryInflux(port, user)
    await queryInflux(port, `CREATE DATABASE ${INFLUX_DATABASE}`)
  },
  connector: ({ port }) => ({
    server: `127.0.0.1:${port}`,
    parameters: influxTarget(INFLUX_LOGIN.password),
  }),
  // Each number is a series: points of the same time would replace each other.
  parameters: {
    write_syntax: 'kept,who=${clientid},s=${payload.n} n=${payload.n}i,t="${topic}" ${timestamp}',
  },
  numbers: async ({ port }) => {
    const text = await queryInflux(port, "SELECT n FROM kept WHERE t = 't/1'")
    // The form of an answer of InfluxDB 1.
    const answer = JSON.parse(text) as {
      results: { series?: { values: (string | number)[][] }[] }[]
    }
    const series = answer.results[0]?.series ?? []
    return series.flatMap(({ values }) => values.map((row) => Number(row[1])))
  },
  wrong: {
    keys: ({ port }) => ({ server: `127.0.0.1:${port}`, parameters: influxTarget('wrong') }),
    reason: /401.*Check the user, password or token/,
  },
}

/** A client of a NATS server of the tests. */
export function natsClient({ port }: ServerProcess) {
  const { username: user, password: pass } = NATS_LOGIN
  return connectNats({ servers: `127.0.0.1:${port}`, user, pass })
}

export const NATS: SinkCase<ServerProcess> = {
  type: 'nats',
  needs: needsNats(),
  start: startNats,
  prepare: async (server) => {
    const client = await natsClient(server)
    const manager = await jetstreamManager(client)
    await manager.streams.add({ name: 'kept', subjects: ['kept.>'] })
    await client.close()
  },
  connector: ({ port }) => ({ servers: `127.0.0.1:${port}`, ...NATS_LOGIN }),
  parameters: {
    subject: 'kept.${clientid}',
    payload: '${payload.n}',
    headers: { topic: '${topic}' },
    jetstream: true,
  },
  numbers: async (server) => {
    const client = await natsClient(server)
    const manager = await jetstreamManager(client)
    const { messages: count } = (await manager.streams.info('kept')).state
    const consumer = await jetstream(client).consumers.get('kept')
    const numbers: number[] = []
    for await (const message of await consumer.fetch({ max_messages: count, expires: 10_000 })) {
      assert.equal(message.headers?.get('topic'), 't/1')
      numbers.push(Number(message.string()))
    }
    await client.close()
    return numbers
  },
  isOrdered: true,
  wrong: {
    keys: ({ port }) => ({ servers: `127.0.0.1:${port}`, ...NATS_LOGIN, password: 'wrong' }),
    reason: /Check username and password/,
  },
}

const RABBIT_QUEUE = 'kept'

/** A client of a RabbitMQ server of the tests. */
export function rabbitClient({ port }: ServerProcess) {
  return connectAmqp({ hostname: '127.0.0.1', port, ...RABBITMQ_LOGIN })
}

/** Makes the queue that is read. */
export async function makeRabbitQueue(server: ServerProcess): Promise<void> {
  const client = await rabbitClient(server)
  const channel = await client.createChannel()
  await channel.assertQueue(RABBIT_QUEUE, { durable: true })
  await client.close()
}

export const RABBITMQ: SinkCase<ServerProcess> = {
  type: 'rabbitmq',
  needs: needsRabbitmq(),
  start: startRabbitmq,
  prepare: makeRabbitQueue,
  connector: ({ port }) => ({ server: '127.0.0.1', port, ...RABBITMQ_LOGIN }),
  parameters: {
    routing_key: RABBIT_QUEUE,
    delivery_mode: 'persistent',
    payload_template: '${payload.n}',
  },
  numbers: async (server) => {
    const client = await rabbitClient(server)
    const channel = await client.createChannel()
    const numbers: number[] = []
    for (;;) {
      const message = await channel.get(RABBIT_QUEUE, { noAck: true })
      if (message === false) break
      numbers.push(Number(message.content.toString()))
    }
    await client.close()
    return numbers
  },
  isOrdered: true,
  wrong: {
    keys: ({ port }) => ({ server: '127.0.0.1', port, ...RABBITMQ_LOGIN, password: 'wrong' }),
    reason: /Check username, password and virtual_host/,
  },
}
