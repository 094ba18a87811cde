/** `opents`: data points of OpenTSDB. */
import { bool, list, object, string } from '../../field.ts'
import { clientSsl, poolSize, timeoutKey } from '../backends/connection.ts'
import { httpUrl } from './http-server.ts'
import { describeIntegration } from './integration.ts'

export const opents = describeIntegration({
  type: 'opents',
  title: 'OpenTSDB',
  text: 'Puts data points, those of a batch in one request.',
  proof: 'stand-in',
  connector: {
    server: httpUrl('http://127.0.0.1:4242'),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '15s'),
    pool_size: poolSize,
    summary: bool({ text: 'Ask how many points failed.', default: true }),
    details: bool({ text: 'Ask why points failed.', default: false }),
    ssl: clientSsl,
  },
  action: object(
    {
      data: list(
        object(
          {
            timestamp: string({
              text: 'Time of the point; may hold places. Absent: now.',
            }),
            metric: string({ text: 'Name of the metric.', required: true, example: '${metric}' }),
            tags: string({ text: 'A place with a map of tags.', default: '${tags}' }),
            value: string({ text: 'Value of the point.', required: true, example: '${value}' }),
          },
          { text: 'A point.' },
        ),
        {
          text: 'Points of a record. Absent: columns `metric`, `tags`, `value`, `timestamp`.',
          itemsMax: 100,
          default: [],
        },
      ),
    },
    { text: 'What is put.' },
  ),
  batchSize: 100,
})
