import {
  MONGODB_LOGIN,
  type MongodbFakeKind,
  startMongodbFake,
} from '../../support/servers/mongodb-fake.ts'
import { exampleAuthenticator, exampleSource } from '../examples.ts'
import { describeAuthentication, hashOf, QUICK, shared, USERS } from './authentication-kit.ts'
import { describeAuthorization, RULES } from './authorization-kit.ts'

async function start(kind: MongodbFakeKind) {
  const { server, collections } = await startMongodbFake(undefined, kind)
  const users = USERS.map((user, index) => ({
    _id: index,
    username: user.name,
    password_hash: hashOf(user),
    salt: user.salt,
    is_superuser: user.isSuperuser,
  }))
  const rules = RULES.map(({ topic, ...rule }) => ({ username: 'ann', topics: [topic], ...rule }))
  collections.set('mqtt_user', users)
  collections.set('mqtt_acl', rules)
  collections.set('odd', [{ _id: 1, username: 'ann', words: 3 }])
  const { username, password } = MONGODB_LOGIN
  const place = { username, password, ...QUICK }
  return { server, remove: () => server.remove(), place, address: `${server.host}:${server.port}` }
}

const replicaSet = shared(() => start('rs'))
const single = shared(() => start('single'))

describeAuthentication('MongoDB, against a stand-in', async () => {
  const { place, address, ...rig } = await replicaSet()
  const example = (replaced = {}) =>
    exampleAuthenticator({ backend: 'mongodb' }, { ...place, servers: address, ...replaced })
  return { ...rig, authenticator: example(), nonsense: example({ collection: 'odd' }) }
})

describeAuthorization('MongoDB, against a stand-in', async () => {
  const { place, address, ...rig } = await single()
  const example = (replaced = {}) =>
    exampleSource({ type: 'mongodb' }, { ...place, server: address, ...replaced })
  return { ...rig, source: example(), nonsense: example({ collection: 'odd' }) }
})
