import { hashOf, USERS } from './authentication-kit.ts'
import { RULES } from './authorization-kit.ts'

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`

/** SQL that makes and fills the tables of the tests. */
export const SQL_DATA = [
  `CREATE TABLE mqtt_user (
     username varchar(100), password_hash varchar(100), salt varchar(50), is_superuser boolean)`,
  ...USERS.map((user) => {
    const values = [user.name, hashOf(user), user.salt].map(quote)
    return `INSERT INTO mqtt_user VALUES (${values.join(', ')}, ${user.isSuperuser})`
  }),
  `CREATE TABLE mqtt_acl (
     username varchar(100), permission varchar(10), action varchar(10), topic varchar(100),
     qos varchar(10), retain smallint)`,
  ...RULES.map((rule) => {
    const { qos = '', retain = null } = rule as { qos?: string; retain?: number }
    const values = ['ann', rule.permission, rule.action, rule.topic, qos].map(quote)
    return `INSERT INTO mqtt_acl VALUES (${values.join(', ')}, ${retain})`
  }),
].join(';\n')
