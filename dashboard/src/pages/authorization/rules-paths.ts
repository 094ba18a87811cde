/** Whom rules are about. */
export type Subject = 'clients' | 'users' | 'all'

export const RULES_PATH = '/authorization/sources/built_in_database/rules'
export const RULES_STALE = ['authorization-rules']

/** The parameter of the path that names a client or a user. */
export function paramOf(subject: Subject): 'clientid' | 'username' {
  return subject === 'clients' ? 'clientid' : 'username'
}
