/** `password_based:built_in_database`. */
import { object, oneOf, string } from '../../field.ts'
import type { Infer } from '../../field.ts'
import { authenticatorKeys } from './common.ts'
import { passwordHashAlgorithm } from './password-hash.ts'

/** Name of the file that is read when it is there, and that nobody misses. */
export const BOOTSTRAP_FILE_NAME = 'auth-built-in-db-bootstrap.csv'

export const builtInDatabase = object(
  {
    ...authenticatorKeys('password_based', 'built_in_database'),
    user_id_type: oneOf(['username', 'clientid'], {
      text: 'What users are known by.',
      default: 'username',
    }),
    password_hash_algorithm: passwordHashAlgorithm,
    bootstrap_file: string({
      text:
        'CSV or JSON file with users that are added at start. Users that exist already are left ' +
        'as they are. The columns are `user_id`, `password`, `is_superuser`, or `user_id`, ' +
        '`password_hash`, `salt`, `is_superuser`.',
      path: true,
      default: `\${EMQX_ETC_DIR}/${BOOTSTRAP_FILE_NAME}`,
    }),
    bootstrap_type: oneOf(['plain', 'hash'], {
      text: 'Whether the file holds passwords, or hashes by `password_hash_algorithm`.',
      default: 'plain',
    }),
  },
  { text: 'Passwords of users in the database of the broker.' },
)

export type BuiltInDatabaseConfig = Infer<typeof builtInDatabase>
