import { Access, type AccessControl } from '#broker/ports.ts'

/** Who may come in. */
export type Authentication = Pick<AccessControl, 'authenticate'>

/** What those who are in may do. */
export type Authorization = Pick<AccessControl, 'authorizePublish' | 'authorizeSubscribe'>

/** Whoever is in may do everything. */
export const ALLOW_EVERYTHING: Authorization = {
  authorizePublish: () => Access.ALLOW,
  authorizeSubscribe: () => Access.ALLOW,
}

/** Both halves of access control as the broker asks for them. */
export function joinAccess(
  authentication: Authentication,
  authorization: Authorization,
): AccessControl {
  return {
    authenticate: authentication.authenticate.bind(authentication),
    authorizePublish: authorization.authorizePublish.bind(authorization),
    authorizeSubscribe: authorization.authorizeSubscribe.bind(authorization),
  }
}
