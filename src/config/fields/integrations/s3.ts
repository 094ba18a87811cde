/** `s3`: objects for Amazon S3 and services that speak its protocol. */
import {
  bytes,
  duration,
  int,
  list,
  map,
  object,
  oneOf,
  secret,
  string,
  variant,
} from '../../field.ts'
import { clientSsl, poolSize, timeoutKey } from '../backends/connection.ts'
import { describeIntegration } from './integration.ts'

const PORT_MAX = 65_535
const HEADERS_MAX = 100
const COLUMNS_MAX = 1000
const RECORDS_MAX = 100_000_000
const TIMER_MS_MAX = 2_147_483_647
const GIB = 1024 * 1024 * 1024

const headers = (text: string) =>
  map(string({ text: 'Value of the header.' }), {
    text,
    keyLabel: 'name',
    entriesMax: HEADERS_MAX,
    default: {},
  })

const ACLS = [
  'private',
  'public_read',
  'public_read_write',
  'authenticated_read',
  'bucket_owner_read',
  'bucket_owner_full_control',
] as const

const common = {
  acl: oneOf(ACLS, { text: 'Who may use the object. Absent: as the bucket says.' }),
  headers: headers('Further headers of the upload.'),
} as const

const direct = object(
  {
    mode: oneOf(['direct'], { text: 'How records become objects.', default: 'direct' }),
    bucket: string({ text: 'Bucket; may hold places.', required: true, example: 'plant' }),
    key: string({
      text: 'Key of the object; may hold places.',
      required: true,
      example: '${clientid}/${timestamp}.json',
    }),
    content: string({ text: 'The object; may hold places.', default: '${.}' }),
    ...common,
  },
  { text: 'An object for each record.' },
)

const container = variant(
  ['type'],
  [
    object(
      {
        type: oneOf(['csv'], { text: 'CSV, with a heading.', default: 'csv' }),
        column_order: list(string({ text: 'Name of a column.' }), {
          text:
            'Columns that come first. Those that the first record of an object has besides ' +
            'follow by name.',
          itemsMax: COLUMNS_MAX,
          default: [],
        }),
      },
      { text: 'CSV (RFC 4180).' },
    ),
    object(
      { type: oneOf(['json_lines'], { text: 'A JSON object in each line.', required: true }) },
      { text: 'JSON Lines.' },
    ),
  ],
  { text: 'What an object is made of.' },
)

const aggregated = object(
  {
    mode: oneOf(['aggregated'], { text: 'How records become objects.', required: true }),
    bucket: string({ text: 'Bucket.', required: true, example: 'plant' }),
    key: string({
      text:
        'Key of an object, with `${action}`, `${node}`, `${datetime.FORMAT}` and `${sequence}`, ' +
        'which are added at its end when they are missing, so that no object takes the place of ' +
        'another one; may hold `${datetime_until.FORMAT}`. Formats: `rfc3339utc`, `rfc3339`, ' +
        '`unix`.',
      required: true,
      example: '${action}/${node}/${datetime.rfc3339utc}_${sequence}.csv',
    }),
    container,
    aggregation: object(
      {
        time_interval: duration({
          text: 'How long an object gathers records.',
          min: 1,
          max: TIMER_MS_MAX,
          default: '30m',
        }),
        max_records: int({
          text: 'Records that an object has at most.',
          unit: 'records',
          min: 1,
          max: RECORDS_MAX,
          default: 100_000,
        }),
        max_gathered_bytes: bytes({
          text:
            'What waits on the disk of this node at most, shared out among its shards; further ' +
            'records stay in the queues of the action.',
          min: 1024 * 1024,
          default: '1GB',
        }),
      },
      { text: 'When an object is uploaded.' },
    ),
    min_part_size: bytes({
      text: 'A larger object is uploaded in parts of this size.',
      min: 5 * 1024 * 1024,
      max: 5 * GIB,
      default: '5MB',
    }),
    max_part_size: bytes({
      text: 'Parts become larger, up to this size, when there would be more than 10,000.',
      min: 5 * 1024 * 1024,
      max: 5 * GIB,
      default: '5GB',
    }),
    ...common,
  },
  { text: 'Many records in an object.' },
)

export const s3 = describeIntegration({
  type: 's3',
  title: 'Amazon S3',
  text: 'Uploads objects: one for each record, or CSV and JSON Lines with many. Also to MinIO.',
  proof: 'stand-in',
  connector: {
    access_key_id: string({ text: 'Id of the access key.', required: true }),
    secret_access_key: secret({
      text: 'The secret access key, or `file:///path` of a file that holds it.',
      required: true,
    }),
    host: string({
      text: 'Host of the service.',
      required: true,
      example: 's3.eu-central-1.amazonaws.com',
    }),
    port: int({
      text: 'Port of the service. Absent: 443 with TLS, else 80.',
      min: 1,
      max: PORT_MAX,
      example: 9000,
    }),
    region: string({
      text: 'Region that requests are signed for. Empty: that in the host, or `us-east-1`.',
      default: '',
    }),
    access_method: oneOf(['path', 'vhost'], {
      text: 'Where the bucket stands: in the path, or as the first part of the host.',
      default: 'path',
    }),
    transport_options: object(
      {
        connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '15s'),
        request_timeout: timeoutKey('A request that takes longer is tried again.', '60s'),
        pool_size: poolSize,
        headers: headers('Further headers of all requests.'),
        ssl: clientSsl,
      },
      { text: 'How the service is spoken to.' },
    ),
  },
  action: variant(['mode'], [direct, aggregated], {
    text: 'What is uploaded.',
    example: { mode: 'direct', bucket: 'plant', key: '${clientid}/${timestamp}.json' },
  }),
})
