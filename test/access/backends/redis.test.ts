import { needsRedis, REDIS_LOGIN, runRedis, startRedis } from '../../support/servers/redis.ts'
import { exampleAuthenticator, exampleSource } from '../examples.ts'
import { describeAuthentication, hashOf, QUICK, shared, USERS } from './authentication-kit.ts'
import { describeAuthorization, RULES } from './authorization-kit.ts'

const start = shared(async () => {
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
  const place = { server: `${server.host}:${server.port}`, username, password, ...QUICK }
  return { server, remove: () => server.remove(), place }
})

describeAuthentication(
  'Redis',
  async () => {
    const { place, ...rig } = await start()
    const example = (replaced = {}) =>
      exampleAuthenticator({ backend: 'redis' }, { ...place, ...replaced })
    const nonsense = example({ cmd: 'HMGET text:${username} password_hash' })
    return { ...rig, authenticator: example(), nonsense }
  },
  { needs: needsRedis() },
)

describeAuthorization(
  'Redis',
  async () => {
    const { place, ...rig } = await start()
    const example = (replaced = {}) => exampleSource({ type: 'redis' }, { ...place, ...replaced })
    const nonsense = example({ cmd: 'HGETALL odd_acl:${username}' })
    return { ...rig, source: example(), nonsense }
  },
  { needs: needsRedis(), hasDenials: false },
)
