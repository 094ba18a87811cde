/** `scram:built_in_database`. */
import { int, object, oneOf } from '../../field.ts'
import type { Infer } from '../../field.ts'
import { authenticatorKeys } from './common.ts'

export const scram = object(
  {
    ...authenticatorKeys('scram', 'built_in_database'),
    algorithm: oneOf(['sha256', 'sha512'], {
      text: 'Digest: clients name the method `SCRAM-SHA-256` or `SCRAM-SHA-512`.',
      default: 'sha256',
    }),
    iteration_count: int({
      text: 'Rounds of PBKDF2 for new users; stored ones keep theirs.',
      min: 1,
      max: 1_000_000,
      default: 4096,
    }),
  },
  { text: 'Passwords that are never sent, by enhanced authentication (MQTT 5).' },
)

export type ScramConfig = Infer<typeof scram>
