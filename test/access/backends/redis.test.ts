import { needsRedis, REDIS_LOGIN, runRedis, startRedis } from '../../support/servers/redis.ts'
import { describeAuthentication, hashOf, QUICK, USERS } from './authentication-kit.ts'
import { describeAuthorization, RULES } from './authorization-kit.ts'

async function start() {
  const { server } = await startRedis()
  const { username, password } = REDIS_LOGIN
  const run = (...words: string[]) => runRedis(server, words, password)
  for (const user of USERS) {
    const fields = ['password_hash', hashOf(user), 'salt', user.salt]
    const superuser = ['is_superuser', user.isSuperuser ? '1' : '0']
    run('HSET', `mqtt_user:${user.name}`, ...fields, ...superuser)
  }
  for (const rule of RULES) {
    const { permission, action, topic, ...conditions } = rule
    if (permission === 'deny') continue
    const isPlain = Object.keys(conditions).length === 0
    const value = isPlain ? action : JSON.stringify({ action, ...conditions })
    run('HSET', 'mqtt_acl:ann', topic, value)
  }
  run('SET', 'text:ann', 'no hash')
  run('HSET', 'odd_acl:ann', 'up/#', 'maybe')
  const keys = (command: string) => `redis_type = single, ${QUICK}, cmd = "${command}",
    server = "127.0.0.1:${server.port}", username = ${username}, password = "${password}"`
  return { server, remove: () => server.remove(), keys }
}

describeAuthentication(
  'Redis',
  async () => {
    const { keys, ...rig } = await start()
    const command = 'HMGET mqtt_user:${username} password_hash salt is_superuser'
    return {
      ...rig,
      authenticator: `backend = redis, ${keys(command)}`,
      nonsense: `backend = redis, ${keys('HMGET text:${username} password_hash')}`,
    }
  },
  { needs: needsRedis() },
)

describeAuthorization(
  'Redis',
  async () => {
    const { keys, ...rig } = await start()
    return {
      ...rig,
      source: `type = redis, ${keys('HGETALL mqtt_acl:${username}')}`,
      nonsense: `type = redis, ${keys('HGETALL odd_acl:${username}')}`,
    }
  },
  { needs: needsRedis(), hasDenials: false },
)
