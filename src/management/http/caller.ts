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
  | {
      readonly kind: 'key'
      readonly name: string
      readonly role: 'administrator' | 'viewer' | 'publisher'
    }

/** Name of the caller for records; empty for nobody. */
export function callerName(caller: Caller): string {
  return caller.kind === 'nobody' ? '' : caller.name
}
