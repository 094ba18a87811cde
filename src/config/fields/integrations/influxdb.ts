/** `influxdb` and what takes its line protocol: `greptimedb`, `datalayers`. */
import { object, oneOf, secret, string, variant } from '../../field.ts'
import { describeIntegration } from './integration.ts'
import { httpServer, password, username } from './http-server.ts'

const BATCH_SIZE = 100
const database = string({ text: 'Name of the database.', required: true, example: 'mqtt' })

const action = object(
  {
    write_syntax: string({
      text:
        'Lines of the line protocol; measurement, tags, fields and time may hold places. A field ' +
        'that is one place has the type of the value; with `i` behind it, an integer; in double ' +
        'quotes, text. What is missing is left out.',
      required: true,
      lengthMax: 65_536,
      lines: true,
      example:
        'weather,device=${clientid} value=${payload.value},state="${payload.state}" ${timestamp}',
    }),
    precision: oneOf(['ns', 'us', 'ms', 's'], { text: 'Unit of the time.', default: 'ms' }),
  },
  { text: 'What is written.' },
)

export const influxdb = describeIntegration({
  type: 'influxdb',
  title: 'InfluxDB',
  text: 'Writes lines by the API of InfluxDB 1 or 2, which InfluxDB 3 has as well.',
  proof: 'server',
  connector: {
    ...httpServer(8086),
    parameters: variant(
      ['influxdb_type'],
      [
        object(
          {
            influxdb_type: oneOf(['influxdb_api_v1'], { text: 'API.', required: true }),
            database,
            username,
            password,
          },
          { text: 'The API of InfluxDB 1.' },
        ),
        object(
          {
            influxdb_type: oneOf(['influxdb_api_v2'], { text: 'API.', required: true }),
            bucket: string({ text: 'Bucket.', required: true, example: 'mqtt' }),
            org: string({ text: 'Organization.', required: true, example: 'plant' }),
            token: secret({ text: 'Token, or `file:///path` of a file that holds it.' }),
          },
          { text: 'The API of InfluxDB 2.' },
        ),
      ],
      {
        text: 'The API and where the data go.',
        example: { influxdb_type: 'influxdb_api_v1', database: 'mqtt' },
      },
    ),
  },
  action,
  batchSize: BATCH_SIZE,
})

export const greptimedb = describeIntegration({
  type: 'greptimedb',
  title: 'GreptimeDB',
  text: 'Writes lines by its InfluxDB API, over HTTP.',
  proof: 'stand-in',
  connector: {
    ...httpServer(4000),
    dbname: string({ text: 'Name of the database.', default: 'public' }),
    username,
    password,
  },
  action,
  batchSize: BATCH_SIZE,
})

export const datalayers = describeIntegration({
  type: 'datalayers',
  title: 'Datalayers',
  text: 'Writes lines by its InfluxDB API, over HTTP.',
  proof: 'stand-in',
  connector: {
    ...httpServer(8361),
    parameters: object(
      {
        database,
        username,
        password,
      },
      { text: 'Where the data go.' },
    ),
  },
  action,
  batchSize: BATCH_SIZE,
})
