/** `couchbase`: documents of Couchbase, over its query service. */
import { object, string } from '../../field.ts'
import { httpServer, password } from './http-server.ts'
import { describeIntegration } from './integration.ts'

export const COUCHBASE_PORT = 8093

export const couchbase = describeIntegration({
  type: 'couchbase',
  title: 'Couchbase',
  text: 'Runs a statement for each record, by the query service.',
  proof: 'stand-in',
  connector: {
    ...httpServer(COUCHBASE_PORT),
    username: string({ text: 'User who logs in.', required: true, example: 'tideway' }),
    password,
  },
  action: object(
    {
      sql: string({
        text:
          'Statement; may hold places, which become parameters: no value changes the statement. ' +
          'What is missing is NULL.',
        required: true,
        lengthMax: 65_536,
        lines: true,
        example: 'INSERT INTO plant (KEY, VALUE) VALUES (${id}, DECODE_JSON(${payload}))',
      }),
    },
    { text: 'What is run for each record.' },
  ),
  batchSize: 100,
})
