import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DRIVER_LIMITS } from '#drivers/driver.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { openMongodb } from '#drivers/mongodb.ts'
import { MONGODB_LOGIN, startMongodbFake } from '../support/servers/mongodb-fake.ts'
import { type DriverRig, describeDriver } from './driver-kit.ts'
import { makePem, tlsOf } from './tls-of.ts'

async function start(): Promise<DriverRig> {
  const pem = makePem()
  const fake = await startMongodbFake()
  const secure = await startMongodbFake(pem)
  for (const { collections } of [fake, secure]) collections.set('users', [{ _id: 1, name: 'ann' }])
  return {
    server: fake.server,
    async remove() {
      await Promise.all([fake.server.remove(), secure.server.remove()])
    },
    open(options) {
      const password = options.password === 'right' ? MONGODB_LOGIN.password : 'wrong-Secret-1'
      const { server } = options.tls === undefined ? fake : secure
      const driver = openMongodb({
        ...options,
        type: 'single',
        servers: [{ host: server.host, port: server.port }],
        srvRecord: false,
        replicaSetName: undefined,
        readsFromSecondaries: false,
        database: 'mqtt',
        username: MONGODB_LOGIN.username,
        password,
        authSource: undefined,
        tls: tlsOf(options.tls, pem.ca),
      })
      const ask = async () => {
        const found = await driver.find('users', { name: 'ann' }, 1)
        assert.deepEqual(found[0]?.['name'], 'ann')
      }
      return { driver, ask }
    },
  }
}

describeDriver('MongoDB, against a stand-in', start)

suite('what MongoDB answers in a failover', () => {
  const answers = [
    ['not primary', { ok: 0, code: 10_107, errmsg: 'not primary' }, true],
    ['too few confirm', { ok: 1, n: 1, writeConcernError: { code: 64, errmsg: 'late' } }, false],
  ] as const
  for (const [title, answer, isLost] of answers) {
    test(`${title}: the records may be tried again`, async (context) => {
      const fake = await startMongodbFake()
      context.after(() => fake.server.remove())
      const driver = openMongodb({
        ...DRIVER_LIMITS,
        type: 'single',
        servers: [{ host: fake.server.host, port: fake.server.port }],
        srvRecord: false,
        replicaSetName: undefined,
        readsFromSecondaries: false,
        database: 'mqtt',
        ...MONGODB_LOGIN,
        authSource: undefined,
        tls: undefined,
        connectTimeoutMs: 20_000,
        requestTimeoutMs: 20_000,
      })
      context.after(() => driver.close())
      fake.answer = answer
      await assert.rejects(
        driver.insert('t', [{ content: { n: 1 }, sent: undefined }], true),
        (error) => {
          assert.ok(error instanceof DriverError)
          assert.deepEqual(
            [error.kind, error.isConnectionLost],
            ['retryable', isLost],
            error.message,
          )
          return true
        },
      )
    })
  }
})
