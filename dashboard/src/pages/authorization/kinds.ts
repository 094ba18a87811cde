/** Keys that a new source of each type is asked for. */
const SQL = {
  server: '',
  database: 'mqtt',
  username: '',
  password: '',
  query: 'SELECT permission, action, topic, qos, retain FROM mqtt_acl WHERE username = ${username}',
}

export const SOURCES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  file: { type: 'file', rules: '{allow, all}.\n' },
  built_in_database: { type: 'built_in_database', max_rules: 100 },
  http: {
    type: 'http',
    method: 'post',
    url: 'http://127.0.0.1:8080/acl',
    body: { username: '${username}', topic: '${topic}', action: '${action}' },
  },
  postgresql: { type: 'postgresql', ...SQL },
  mysql: { type: 'mysql', ...SQL },
  redis: {
    type: 'redis',
    redis_type: 'single',
    server: '',
    password: '',
    cmd: 'HGETALL mqtt_acl:${username}',
  },
  mongodb: {
    type: 'mongodb',
    mongo_type: 'single',
    server: '',
    database: 'mqtt',
    collection: 'mqtt_acl',
    filter: { username: '${username}' },
  },
  ldap: {
    type: 'ldap',
    server: '',
    username: '',
    password: '',
    base_dn: '',
    filter: '(&(objectClass=mqttUser)(uid=${username}))',
  },
}

/** Values of keys that have only some. */
export const CHOICES = {
  method: ['post', 'get'],
  redis_type: ['single', 'sentinel', 'cluster'],
  mongo_type: ['single', 'rs', 'sharded'],
  verify: ['verify_peer', 'verify_none'],
} as const

const NAMES: Readonly<Record<string, string>> = {
  http: 'HTTP',
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  redis: 'Redis',
  mongodb: 'MongoDB',
  ldap: 'LDAP',
}

/** What people call a type of source. */
export function titleOf(type: string, t: (key: 'file' | 'built_in_database') => string): string {
  return type === 'file' || type === 'built_in_database' ? t(type) : (NAMES[type] ?? type)
}
