import { needsRedis, REDIS_LOGIN, runRedis, startRedis } from '../../support/servers/redis.ts'
import {
  type AuthenticationRig,
  describeAuthentication,
  hashOf,
  QUICK,
  USERS,
} from './authentication-kit.ts'

async function start(): Promise<AuthenticationRig> {
  const { server } = await startRedis()
  const { username, password } = REDIS_LOGIN
  for (const user of USERS) {
    const fields = ['password_hash', hashOf(user), 'salt', user.salt]
    const words = ['HSET', `mqtt_user:${user.name}`, ...fields]
    runRedis(server, [...words, 'is_superuser', user.isSuperuser ? '1' : '0'], password)
  }
  runRedis(server, ['SET', 'text:ann', 'no hash'], password)
  const common = `backend = redis, redis_type = single, ${QUICK},
    server = "127.0.0.1:${server.port}", username = ${username}, password = "${password}"`
  return {
    server,
    remove: () => server.remove(),
    authenticator: `${common},
      cmd = "HMGET mqtt_user:\${username} password_hash salt is_superuser"`,
    nonsense: `${common}, cmd = "HMGET text:\${username} password_hash"`,
  }
}

describeAuthentication('Redis', start, needsRedis())
