import assert from 'node:assert/strict'
import { needsInfluxdb, startInfluxdb } from '../support/servers/influxdb.ts'
import { testSink } from './support/sink-kit.ts'

const LOGIN = { username: 'tideway', password: 'influx-Secret-1' } as const
const DATABASE = 'mqtt'

async function query(port: number, q: string): Promise<string> {
  const credentials = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')
  const response = await fetch(`http://127.0.0.1:${port}/query?db=${DATABASE}`, {
    method: 'POST',
    body: new URLSearchParams({ q }),
    headers: { authorization: `Basic ${credentials}` },
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return text
}

function target(password: string) {
  const influxdb_type = 'influxdb_api_v1'
  return { influxdb_type, database: DATABASE, username: LOGIN.username, password }
}

testSink({
  type: 'influxdb',
  needs: needsInfluxdb(),
  start: startInfluxdb,
  prepare: async ({ port }) => {
    const { username, password } = LOGIN
    await query(port, `CREATE USER ${username} WITH PASSWORD '${password}' WITH ALL PRIVILEGES`)
    await query(port, `CREATE DATABASE ${DATABASE}`)
  },
  connector: ({ port }) => ({ server: `127.0.0.1:${port}`, parameters: target(LOGIN.password) }),
  // Each number is a series: points of the same time would replace each other.
  parameters: {
    write_syntax: 'kept,who=${clientid},s=${payload.n} n=${payload.n}i,t="${topic}" ${timestamp}',
  },
  numbers: async ({ port }) => {
    const text = await query(port, "SELECT n FROM kept WHERE t = 't/1'")
    // The form of an answer of InfluxDB 1.
    const answer = JSON.parse(text) as {
      results: { series?: { values: (string | number)[][] }[] }[]
    }
    const series = answer.results[0]?.series ?? []
    return series.flatMap(({ values }) => values.map((row) => Number(row[1])))
  },
  wrong: {
    keys: ({ port }) => ({ server: `127.0.0.1:${port}`, parameters: target('wrong') }),
    reason: /401.*Check the user, password or token/,
  },
})
