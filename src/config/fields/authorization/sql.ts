/** `authorization.sources`: rules in SQL databases. */
import { object, oneOf, string } from '../../field.ts'
import { mysqlConnection, postgresqlConnection } from '../backends/sql.ts'
import { checkSqlTemplate } from '../backends/sql-template.ts'
import { sourceEnable } from './source-enable.ts'
import { checkSourceTemplate } from './template-check.ts'

const query = string({
  text:
    'Gives the rules of a client, one in a row: `permission`, `action`, `topic`, and if wanted ' +
    '`qos`, `retain`, `ipaddress`, `username`, `clientid`. Placeholders become parameters of a ' +
    'prepared statement.',
  required: true,
  example: 'SELECT permission, action, topic FROM mqtt_acl WHERE username = ${username}',
  check: (text) => checkSourceTemplate(text) ?? checkSqlTemplate(text),
})

export const postgresqlSource = object(
  {
    type: oneOf(['postgresql'], { text: 'Rules in PostgreSQL.', required: true }),
    enable: sourceEnable,
    ...postgresqlConnection,
    query,
  },
  { text: 'Rules in a PostgreSQL database.' },
)

export const mysqlSource = object(
  {
    type: oneOf(['mysql'], { text: 'Rules in MySQL.', required: true }),
    enable: sourceEnable,
    ...mysqlConnection,
    query,
  },
  { text: 'Rules in a MySQL or MariaDB database.' },
)
