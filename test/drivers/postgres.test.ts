import assert from 'node:assert/strict'
import { openPostgres } from '#drivers/postgres.ts'
import { needsPostgres, POSTGRES_LOGIN, startPostgres } from '../support/servers/postgres.ts'
import { type DriverRig, describeDriver } from './driver-kit.ts'
import { tlsOf } from './tls-of.ts'

async function start(): Promise<DriverRig> {
  const server = await startPostgres()
  return {
    server,
    remove: () => server.remove(),
    open(options) {
      const password = options.password === 'right' ? POSTGRES_LOGIN.password : 'wrong-Secret-1'
      const driver = openPostgres({
        ...options,
        ...POSTGRES_LOGIN,
        password,
        server,
        disablePreparedStatements: false,
        tls: tlsOf(options.tls, server),
      })
      const ask = async () => {
        const rows = await driver.query('SELECT $1::text AS said', ['hello'])
        assert.deepEqual([...rows], [{ said: 'hello' }])
      }
      return { driver, ask }
    },
  }
}

describeDriver('PostgreSQL', start, { needs: needsPostgres() })
