import { MONGODB_LOGIN, startMongodbFake } from '../../support/servers/mongodb-fake.ts'
import {
  type AuthenticationRig,
  describeAuthentication,
  hashOf,
  QUICK,
  USERS,
} from './authentication-kit.ts'

async function start(): Promise<AuthenticationRig> {
  const { server, collections } = await startMongodbFake()
  const users = USERS.map((user, index) => ({
    _id: index,
    username: user.name,
    password_hash: hashOf(user),
    salt: user.salt,
    is_superuser: user.isSuperuser,
  }))
  collections.set('mqtt_user', users)
  collections.set('no_users', [{ _id: 1, username: 'ann', words: 3 }])
  const { username, password } = MONGODB_LOGIN
  const common = `backend = mongodb, mongo_type = single, ${QUICK}, database = mqtt,
    server = "127.0.0.1:${server.port}", username = ${username}, password = "${password}",
    filter { username = "\${username}" }`
  return {
    server,
    remove: () => server.remove(),
    authenticator: `${common}, collection = mqtt_user`,
    nonsense: `${common}, collection = no_users`,
  }
}

describeAuthentication('MongoDB, against a stand-in', start)
