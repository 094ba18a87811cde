/** `password_based:postgresql` and `password_based:mysql`. */
import { object, string } from '../../field.ts'
import { mysqlConnection, postgresqlConnection } from '../backends/sql.ts'
import { checkSqlTemplate } from '../backends/sql-template.ts'
import { authenticatorKeys } from './common.ts'
import { passwordHashAlgorithm } from './password-hash.ts'
import { checkTemplate } from './template-check.ts'

const query = string({
  text:
    'Gives the columns `password_hash`, `salt` and `is_superuser` of a client; the latter two ' +
    'may be missing. Placeholders become parameters of a prepared statement.',
  required: true,
  example: 'SELECT password_hash, salt FROM mqtt_user WHERE username = ${username} LIMIT 1',
  check: (text) => checkTemplate(text) ?? checkSqlTemplate(text),
})

export const postgresqlAuthentication = object(
  {
    ...authenticatorKeys('password_based', 'postgresql'),
    ...postgresqlConnection,
    query,
    password_hash_algorithm: passwordHashAlgorithm,
  },
  { text: 'Passwords in a PostgreSQL database.' },
)

export const mysqlAuthentication = object(
  {
    ...authenticatorKeys('password_based', 'mysql'),
    ...mysqlConnection,
    query,
    password_hash_algorithm: passwordHashAlgorithm,
  },
  { text: 'Passwords in a MySQL or MariaDB database.' },
)
