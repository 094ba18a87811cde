import type { Backend } from '../../components/backend-chain.tsx'

export function typeOf(row: Backend): string {
  return String(row['type'])
}

const SQL = {
  database: 'mqtt',
  query: 'SELECT permission, action, topic, qos, retain FROM mqtt_acl WHERE username = ${username}',
}

/** What a new source of each type begins with, besides its defaults. */
export const SOURCES: Readonly<Record<string, Backend>> = {
  file: { type: 'file', rules: '{allow, all}.\n' },
  built_in_database: { type: 'built_in_database' },
  http: {
    type: 'http',
    body: { username: '${username}', topic: '${topic}', action: '${action}' },
  },
  postgresql: { type: 'postgresql', ...SQL },
  mysql: { type: 'mysql', ...SQL },
  redis: { type: 'redis', cmd: 'HGETALL mqtt_acl:${username}' },
  mongodb: {
    type: 'mongodb',
    database: 'mqtt',
    collection: 'mqtt_acl',
    filter: { username: '${username}' },
  },
  ldap: { type: 'ldap', filter: '(&(objectClass=mqttUser)(uid=${username}))' },
}

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
