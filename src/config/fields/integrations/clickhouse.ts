/** `clickhouse`: rows of ClickHouse, over HTTP. */
import { object, string } from '../../field.ts'
import { clientSsl, poolSize, timeoutKey } from '../backends/connection.ts'
import { httpUrl, password } from './http-server.ts'
import { describeIntegration } from './integration.ts'

export const clickhouse = describeIntegration({
  type: 'clickhouse',
  title: 'ClickHouse',
  text: 'Inserts rows over HTTP, those of a batch in one statement.',
  proof: 'stand-in',
  connector: {
    url: httpUrl('http://127.0.0.1:8123'),
    database: string({ text: 'Name of the database.', default: 'default' }),
    username: string({ text: 'User who logs in.', default: 'default' }),
    password,
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '15s'),
    pool_size: poolSize,
    ssl: clientSsl,
  },
  action: object(
    {
      sql: string({
        text:
          'Statement `INSERT INTO … VALUES (…)`; places become literals, quoted as ClickHouse ' +
          'wants them. What is missing is NULL.',
        required: true,
        lengthMax: 65_536,
        lines: true,
        example: 'INSERT INTO t (device, value) VALUES (${clientid}, ${payload.value})',
      }),
      batch_value_separator: string({ text: 'What stands between rows.', default: ', ' }),
    },
    { text: 'What is run for each record.' },
  ),
  batchSize: 1000,
})
