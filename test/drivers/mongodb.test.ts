import assert from 'node:assert/strict'
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
