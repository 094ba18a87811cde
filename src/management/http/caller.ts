/** Who makes a request. */
export type Caller =
  | { readonly kind: 'nobody' }
  | {
      readonly kind: 'user'
      readonly name: string
      readonly role: 'administrator' | 'viewer'
      readonly token: string
      /** The password is the initial one. */
      readonly mustChangePassword: boolean
    }
  /** The command line of this host, see `LocalAccess`. */
  | { readonly kind: 'local'; readonly name: 'cli'; readonly role: 'administrator' }
  | {
      readonly kind: 'key'
      readonly name: string
      readonly role: 'administrator' | 'viewer' | 'publisher'
      /** Groups of operations it may use; empty = all that its role allows. */
      readonly scopes: readonly string[]
    }

/** Name of the caller for records; empty for nobody. */
export function callerName(caller: Caller): string {
  return caller.kind === 'nobody' ? '' : caller.name
}
