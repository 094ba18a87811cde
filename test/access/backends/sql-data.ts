import { hashOf, USERS } from './authentication-kit.ts'

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`

/** SQL that makes and fills the tables of the tests. */
export const SQL_DATA = [
  `CREATE TABLE mqtt_user (
     username varchar(100), password_hash varchar(100), salt varchar(50), is_superuser boolean)`,
  ...USERS.map((user) => {
    const values = [user.name, hashOf(user), user.salt].map(quote)
    return `INSERT INTO mqtt_user VALUES (${values.join(', ')}, ${user.isSuperuser})`
  }),
].join(';\n')
