import type { AccessControl } from '#broker/ports.ts'

/** Who may come in. */
export type Authentication = Pick<AccessControl, 'authenticate'>

/** What those who are in may do. */
export type Authorization = Omit<AccessControl, 'authenticate'>

/** Both halves of access control as the broker asks for them. */
export function joinAccess(
  authentication: Authentication,
  authorization: Authorization,
): AccessControl {
  return {
    authenticate: authentication.authenticate.bind(authentication),
    recallPublish: authorization.recallPublish.bind(authorization),
    authorizePublish: authorization.authorizePublish.bind(authorization),
    authorizeSubscribe: authorization.authorizeSubscribe.bind(authorization),
  }
}
