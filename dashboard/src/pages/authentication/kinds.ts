import type { Backend } from '../../components/backend-chain.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'

/** A kind of authenticator: its name, and what a new one begins with besides its defaults. */
interface Kind {
  readonly id: string
  /** None: it is called otherwise in each language. */
  readonly title?: string
  readonly initial: Backend
}

const SQL = {
  database: 'mqtt',
  query:
    'SELECT password_hash, salt, is_superuser FROM mqtt_user WHERE username = ${username} LIMIT 1',
}

function password(backend: string, title: string, keys: Backend): Kind {
  const names = { mechanism: 'password_based', backend }
  return { id: `password_based:${backend}`, title, initial: { ...names, ...keys } }
}

export const KINDS: readonly Kind[] = [
  {
    id: 'password_based:built_in_database',
    initial: { mechanism: 'password_based', backend: 'built_in_database' },
  },
  password('postgresql', 'PostgreSQL', SQL),
  password('mysql', 'MySQL', SQL),
  password('redis', 'Redis', {
    cmd: 'HMGET mqtt_user:${username} password_hash salt is_superuser',
  }),
  password('mongodb', 'MongoDB', {
    database: 'mqtt',
    collection: 'mqtt_user',
    filter: { username: '${username}' },
  }),
  password('ldap', 'LDAP', {
    filter: '(&(objectClass=mqttUser)(uid=${username}))',
    method: { type: 'bind' },
  }),
  password('http', 'HTTP', {
    body: { clientid: '${clientid}', username: '${username}', password: '${password}' },
  }),
  { id: 'jwt', title: 'JWT', initial: { mechanism: 'jwt' } },
  {
    id: 'scram:built_in_database',
    title: 'SCRAM',
    initial: { mechanism: 'scram', backend: 'built_in_database' },
  },
]

export function idOf(row: Backend): string {
  return String(row['id'])
}

/** What people call an authenticator. */
export function useTitleOf(): (id: string) => string {
  const t = useTexts(TEXTS)
  return (id) => {
    const kind = KINDS.find((one) => one.id === id)
    return kind === undefined ? id : (kind.title ?? t('builtIn'))
  }
}
