import assert from 'node:assert/strict'
import { openMysql } from '#drivers/mysql.ts'
import { MARIADB_LOGIN, needsMariadb, startMariadb } from '../support/servers/mariadb.ts'
import { type DriverRig, describeDriver } from './driver-kit.ts'
import { tlsOf } from './tls-of.ts'

async function start(): Promise<DriverRig> {
  const server = await startMariadb()
  return {
    server,
    remove: () => server.remove(),
    open(options) {
      const password = options.password === 'right' ? MARIADB_LOGIN.password : 'wrong-Secret-1'
      const tls = tlsOf(options.tls, server)
      const driver = openMysql({ ...options, ...MARIADB_LOGIN, password, server, tls })
      const ask = async () => {
        const rows = await driver.query('SELECT CAST(? AS CHAR) AS said', ['hello'])
        assert.deepEqual([...rows], [{ said: 'hello' }])
      }
      return { driver, ask }
    },
  }
}

describeDriver('MySQL, against MariaDB', start, { needs: needsMariadb() })
