/** `authentication_settings`: what holds for all authenticators. */
import { bool, duration, int, object } from '../../field.ts'

const failurePause = object(
  {
    enable: bool({
      text: 'Whether a client that fails again and again is made to wait.',
      default: true,
    }),
    free_attempts: int({
      text: 'Attempts of one user (or client identifier) from one address without a pause.',
      min: 1,
      max: 1_000_000,
      default: 10,
    }),
    first_pause: duration({
      text: 'The first pause; each further failure doubles it.',
      min: 1,
      max: 3_600_000,
      default: '200ms',
    }),
    longest_pause: duration({
      text: 'The longest pause. It is forgotten when so much time has passed without a failure.',
      min: 1,
      max: 86_400_000,
      default: '30s',
    }),
  },
  {
    text:
      'Pauses after failures. During a pause the same user is refused from the same address ' +
      'without being checked, so that guessing costs neither the broker nor its backends much. ' +
      'Others behind that address are not concerned.',
  },
)

const nodeCache = object(
  {
    enable: bool({
      text: 'Whether accepted clients are remembered. A changed password then holds later.',
      default: false,
    }),
    cache_ttl: duration({
      text: 'How long an accepted client is remembered.',
      min: 1,
      max: 86_400_000,
      default: '1m',
    }),
    max_count: int({
      text: 'Clients that are remembered, in all shards together.',
      min: 1,
      max: 10_000_000,
      default: 100_000,
    }),
  },
  {
    text:
      'Remembers by whom the same client with the same password was accepted, so that the ' +
      'backend is not asked again. Secrets are kept as keyed digests only.',
  },
)

export const authenticationSettings = object(
  { node_cache: nodeCache, failure_pause: failurePause },
  { text: 'Authentication as a whole.', hot: 'new-connections' },
)
