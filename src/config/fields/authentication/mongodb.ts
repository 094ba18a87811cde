/** `password_based:mongodb`. */
import { map, object, string } from '../../field.ts'
import {
  mongodbReplicaSetConnection,
  mongodbShardedConnection,
  mongodbSingleConnection,
} from '../backends/mongodb.ts'
import { authenticatorKeys } from './common.ts'
import { passwordHashAlgorithm } from './password-hash.ts'
import { checkTemplate } from './template-check.ts'

const FILTER_ENTRIES_MAX = 50

function fieldName<const D extends string>(what: string, standard: D) {
  return string({ text: `Field that holds ${what}.`, default: standard })
}

const keys = {
  ...authenticatorKeys('password_based', 'mongodb'),
  collection: string({ text: 'Collection with users.', required: true, example: 'mqtt_user' }),
  filter: map(string({ text: 'The value; may hold placeholders.', check: checkTemplate }), {
    keyLabel: 'field',
    entriesMax: FILTER_ENTRIES_MAX,
    text: 'Fields and values of the document of a client.',
    required: true,
    example: { username: '${username}' },
  }),
  password_hash_field: fieldName('the password', 'password_hash'),
  salt_field: fieldName('the salt', 'salt'),
  is_superuser_field: fieldName('whether the client is a superuser', 'is_superuser'),
  password_hash_algorithm: passwordHashAlgorithm,
}

export const mongodbSingleAuthentication = object(
  { ...keys, ...mongodbSingleConnection },
  { text: 'Passwords in one MongoDB server.' },
)

export const mongodbReplicaSetAuthentication = object(
  { ...keys, ...mongodbReplicaSetConnection },
  { text: 'Passwords in a replica set of MongoDB.' },
)

export const mongodbShardedAuthentication = object(
  { ...keys, ...mongodbShardedConnection },
  { text: 'Passwords in a sharded cluster of MongoDB.' },
)
