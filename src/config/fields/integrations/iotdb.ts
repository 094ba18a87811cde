/** `iotdb`: time series of Apache IoTDB, over its REST interface. */
import { bool, list, object, oneOf, string } from '../../field.ts'
import { clientSsl, poolSize, timeoutKey } from '../backends/connection.ts'
import { httpUrl, password } from './http-server.ts'
import { describeIntegration } from './integration.ts'

const SERIES_MAX = 1000

export const iotdb = describeIntegration({
  type: 'iotdb',
  title: 'Apache IoTDB',
  text: 'Inserts values of time series, those of a batch in one request, over HTTP.',
  proof: 'stand-in',
  connector: {
    base_url: httpUrl('http://127.0.0.1:18080'),
    iotdb_version: oneOf(['v1.3.x', 'v1.1.x', 'v1.0.x'], {
      text: 'Version of the server. 1.0 takes one record in a request, later ones many.',
      default: 'v1.3.x',
    }),
    authentication: object(
      { username: string({ text: 'User who logs in.', default: 'root' }), password },
      { text: 'How this node logs in.' },
    ),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '15s'),
    pool_size: poolSize,
    ssl: clientSsl,
  },
  action: object(
    {
      device_id: string({
        text: 'Device, such as `root.plant.d1`; may hold places.',
        required: true,
        example: 'root.plant.${clientid}',
      }),
      is_aligned: bool({ text: 'The series of the device are aligned.', default: false }),
      data: list(
        object(
          {
            timestamp: string({
              text:
                'Time in ms since 1970; may hold places. `now`, `now_ms`, `now_us` and `now_ns`: ' +
                'the present time in that unit.',
              default: 'now',
            }),
            measurement: string({
              text: 'Series; may hold places.',
              required: true,
              example: 'temperature',
            }),
            data_type: oneOf(['TEXT', 'BOOLEAN', 'INT32', 'INT64', 'FLOAT', 'DOUBLE'], {
              text: 'Type of the values.',
              required: true,
              example: 'FLOAT',
            }),
            value: string({
              text: 'Value; may hold places. What is missing is left out.',
              required: true,
              example: '${payload.temperature}',
            }),
          },
          { text: 'A value.' },
        ),
        { text: 'What is inserted.', required: true, itemsMax: SERIES_MAX },
      ),
    },
    { text: 'What is inserted for each record.' },
  ),
  batchSize: 100,
})
