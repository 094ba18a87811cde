/** A kind of authenticator: its name, and the keys that a new one is asked for. */
export interface Kind {
  readonly id: string
  readonly title: string
  readonly initial: Readonly<Record<string, unknown>>
}

const HASH = { password_hash_algorithm: { name: 'sha256', salt_position: 'prefix' } }
const SQL = {
  server: '',
  database: 'mqtt',
  username: '',
  password: '',
  query:
    'SELECT password_hash, salt, is_superuser FROM mqtt_user WHERE username = ${username} LIMIT 1',
  ...HASH,
}

function password(backend: string, title: string, keys: Kind['initial']): Kind {
  const names = { mechanism: 'password_based', backend }
  return { id: `password_based:${backend}`, title, initial: { ...names, ...keys } }
}

export const KINDS: readonly Kind[] = [
  password('built_in_database', 'Built-in database', { user_id_type: 'username', ...HASH }),
  password('postgresql', 'PostgreSQL', SQL),
  password('mysql', 'MySQL', SQL),
  password('redis', 'Redis', {
    redis_type: 'single',
    server: '',
    password: '',
    cmd: 'HMGET mqtt_user:${username} password_hash salt is_superuser',
    ...HASH,
  }),
  password('mongodb', 'MongoDB', {
    mongo_type: 'single',
    server: '',
    database: 'mqtt',
    collection: 'mqtt_user',
    filter: { username: '${username}' },
    ...HASH,
  }),
  password('ldap', 'LDAP', {
    server: '',
    username: '',
    password: '',
    base_dn: '',
    filter: '(&(objectClass=mqttUser)(uid=${username}))',
    method: { type: 'bind' },
  }),
  password('http', 'HTTP', {
    method: 'post',
    url: 'http://127.0.0.1:8080/auth',
    body: { clientid: '${clientid}', username: '${username}', password: '${password}' },
  }),
  {
    id: 'jwt',
    title: 'JWT',
    initial: {
      mechanism: 'jwt',
      from: 'password',
      use_jwks: 'false',
      algorithm: 'hmac-based',
      secret: '',
      public_key: '',
      endpoint: '',
      verify_claims: {},
    },
  },
  {
    id: 'scram:built_in_database',
    title: 'SCRAM',
    initial: {
      mechanism: 'scram',
      backend: 'built_in_database',
      algorithm: 'sha256',
      iteration_count: 4096,
    },
  },
]

/** Values of keys that have only some. */
export const CHOICES = {
  user_id_type: ['username', 'clientid'],
  name: ['sha256', 'sha512', 'bcrypt', 'pbkdf2', 'argon2id', 'scrypt', 'sha', 'md5', 'plain'],
  salt_position: ['prefix', 'suffix', 'disable'],
  from: ['password', 'username'],
  use_jwks: ['false', 'true'],
  type: ['bind', 'hash'],
  method: ['post', 'get'],
  redis_type: ['single', 'sentinel', 'cluster'],
  mongo_type: ['single', 'rs', 'sharded'],
  verify: ['verify_peer', 'verify_none'],
} as const
