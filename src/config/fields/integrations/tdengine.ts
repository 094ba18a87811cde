/** `tdengine`: rows of TDengine, over its REST interface. */
import { object, string } from '../../field.ts'
import { httpServer, password } from './http-server.ts'
import { describeIntegration } from './integration.ts'

export const tdengine = describeIntegration({
  type: 'tdengine',
  title: 'TDengine',
  text: 'Runs a statement for each record, over HTTP.',
  proof: 'stand-in',
  connector: {
    ...httpServer(6041),
    username: string({ text: 'User who logs in.', default: 'root' }),
    password,
  },
  action: object(
    {
      database: string({ text: 'Name of the database.', required: true, example: 'mqtt' }),
      sql: string({
        text:
          'Statement `INSERT INTO … VALUES (…)`; places become literals, in quotes where they ' +
          'are text, and in backticks the name of a table. What is missing is NULL.',
        required: true,
        lengthMax: 65_536,
        lines: true,
        example: 'INSERT INTO t VALUES (${timestamp}, ${payload.value})',
      }),
    },
    { text: 'What is run for each record.' },
  ),
  batchSize: 100,
})
