/** `authorization.sources`: rules in MongoDB. */
import { map, object, oneOf, string } from '../../field.ts'
import {
  mongodbReplicaSetConnection,
  mongodbShardedConnection,
  mongodbSingleConnection,
} from '../backends/mongodb.ts'
import { sourceEnable } from './source-enable.ts'
import { checkSourceTemplate } from './template-check.ts'

const FILTER_ENTRIES_MAX = 50

const keys = {
  type: oneOf(['mongodb'], { text: 'Rules in MongoDB.', required: true }),
  enable: sourceEnable,
  collection: string({ text: 'Collection with rules.', required: true, example: 'mqtt_acl' }),
  filter: map(string({ text: 'The value; may hold placeholders.', check: checkSourceTemplate }), {
    keyLabel: 'field',
    entriesMax: FILTER_ENTRIES_MAX,
    text:
      'Fields and values of the documents of a client. Each document is a rule: `permission`, ' +
      '`action`, `topics` (or `topic`), and if wanted `qos`, `retain`, `ipaddress`, `username`, ' +
      '`clientid`.',
    required: true,
    example: { username: '${username}' },
  }),
}

export const mongodbSingleSource = object(
  { ...keys, ...mongodbSingleConnection },
  { text: 'Rules in one MongoDB server.' },
)

export const mongodbReplicaSetSource = object(
  { ...keys, ...mongodbReplicaSetConnection },
  { text: 'Rules in a replica set of MongoDB.' },
)

export const mongodbShardedSource = object(
  { ...keys, ...mongodbShardedConnection },
  { text: 'Rules in a sharded cluster of MongoDB.' },
)
