import { MONGODB_LOGIN, startMongodbFake } from '../../support/servers/mongodb-fake.ts'
import { describeAuthentication, hashOf, QUICK, USERS } from './authentication-kit.ts'
import { describeAuthorization, RULES } from './authorization-kit.ts'

async function start() {
  const { server, collections } = await startMongodbFake()
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
  const keys = (collection: string) => `mongo_type = single, ${QUICK}, database = mqtt,
    server = "127.0.0.1:${server.port}", username = ${username}, password = "${password}",
    filter { username = "\${username}" }, collection = ${collection}`
  return { server, remove: () => server.remove(), keys }
}

describeAuthentication('MongoDB, against a stand-in', async () => {
  const { keys, ...rig } = await start()
  return {
    ...rig,
    authenticator: `backend = mongodb, ${keys('mqtt_user')}`,
    nonsense: `backend = mongodb, ${keys('odd')}`,
  }
})

describeAuthorization('MongoDB, against a stand-in', async () => {
  const { keys, ...rig } = await start()
  return {
    ...rig,
    source: `type = mongodb, ${keys('mqtt_acl')}`,
    nonsense: `type = mongodb, ${keys('odd')}`,
  }
})
