import type { KnownUser } from '../authentication/password/check-password.ts'
import { isYes, textOf } from './stored-values.ts'

/** Names of the fields of a user. */
export interface UserFields {
  readonly password: string
  readonly salt: string
  readonly isSuperuser: string
}

/** The names that columns and fields have unless the configuration says otherwise. */
export const USER_FIELDS: UserFields = Object.freeze({
  password: 'password_hash',
  salt: 'salt',
  isSuperuser: 'is_superuser',
})

/**
 * What a database knows of a user; undefined when its record holds no password: it cannot log in.
 * @throws an Error when the field of the password is missing altogether, so that nobody could
 */
export function readKnownUser(
  record: Readonly<Record<string, unknown>>,
  fields: UserFields = USER_FIELDS,
): KnownUser | undefined {
  if (!Object.hasOwn(record, fields.password)) {
    throw new Error(`what the database answers has no ${fields.password}; correct the query`)
  }
  const hash = textOf(record[fields.password])
  if (hash === undefined || hash === '') return undefined
  const salt = textOf(record[fields.salt]) ?? ''
  return { hash, salt, isSuperuser: isYes(record[fields.isSuperuser]) }
}
