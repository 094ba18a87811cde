import { examples } from '../examples.ts'
import { hashOf, USERS } from './authentication-kit.ts'
import { RULES } from './authorization-kit.ts'

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`

/** SQL that makes the tables of docs/access-control.md and fills them. */
export const SQL_DATA = [
  ...examples('sql'),
  ...USERS.map((user) => {
    const values = [user.name, hashOf(user), user.salt].map(quote)
    return `INSERT INTO mqtt_user VALUES (${values.join(', ')}, ${user.isSuperuser})`
  }),
  ...RULES.map((rule) => {
    const { qos = '', retain = null } = rule as { qos?: string; retain?: number }
    const values = ['ann', rule.permission, rule.action, rule.topic, qos].map(quote)
    return `INSERT INTO mqtt_acl VALUES (${values.join(', ')}, ${retain})`
  }),
].join(';\n')
