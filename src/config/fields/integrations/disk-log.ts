/** `disk_log`: files on the disk of this node. */
import { bytes, int, list, object, oneOf, string } from '../../field.ts'
import { describeIntegration } from './integration.ts'

const COLUMNS_MAX = 1000

export const diskLog = describeIntegration({
  type: 'disk_log',
  title: 'Disk log',
  text:
    'Appends a line to a file for each record, as JSON, CSV or by a template, and begins a new ' +
    'file when one is full. With several shards each has files of its own.',
  proof: 'server',
  connector: {
    filepath: string({
      text: 'The file. Older ones are named with `.1`, `.2` … behind it.',
      required: true,
      path: true,
      example: '/var/log/tideway/records.log',
    }),
    max_file_size: bytes({ text: 'A file of this size is full.', min: 1024, default: '10MB' }),
    max_file_number: int({
      text: 'Files that are kept, the present one included; the oldest is deleted.',
      unit: 'files',
      min: 1,
      max: 10_000,
      default: 10,
    }),
  },
  action: object(
    {
      template: string({ text: 'Line of a record; may hold places.', default: '${.}' }),
      column_order: list(string({ text: 'Name of a column.' }), {
        text: 'Columns of CSV; then `template` is not used. The first line has their names.',
        itemsMax: COLUMNS_MAX,
        default: [],
        example: ['clientid', 'topic', 'payload'],
      }),
      write_mode: oneOf(['sync', 'async'], {
        text: '`sync`: a record counts as written when it is on the disk itself.',
        default: 'async',
      }),
    },
    { text: 'What a line is.' },
  ),
  batchSize: 1000,
})
