/** Keys that every authenticator has. */
import { bool, oneOf } from '../../field.ts'

/** `mechanism`, `backend` and `enable` of one kind of authenticator. */
export function authenticatorKeys<const M extends string, const B extends string>(
  mechanism: M,
  backend: B,
) {
  return { ...mechanismKeys(mechanism), backend: oneOf([backend], BACKEND) }
}

/** `mechanism` and `enable` of an authenticator that has no choice of backends. */
export function mechanismKeys<const M extends string>(mechanism: M) {
  return {
    mechanism: oneOf([mechanism], MECHANISM),
    enable: bool({
      text: 'Whether it is asked. A chain whose authenticators are all switched off is none.',
      default: true,
    }),
  }
}

const MECHANISM = { text: 'What a client proves itself by.', required: true } as const
const BACKEND = { text: 'Where the credentials are kept.', required: true } as const
