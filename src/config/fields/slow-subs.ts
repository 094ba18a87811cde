/** `slow_subs.*`: looking for subscribers that take long. */
import { bool, duration, int, object, oneOf } from '../field.ts'

export const slowSubs = object(
  {
    enable: bool({ text: 'Look for slow subscribers.', default: false }),
    threshold: duration({
      text: 'A message that takes longer makes its subscriber a slow one.',
      min: 100,
      default: '500ms',
    }),
    expire_interval: duration({
      text: 'A record ends when nothing as slow has come for so long.',
      min: 1000,
      default: '300s',
    }),
    top_k_num: int({
      text: 'Records kept, of those that took longest.',
      min: 1,
      max: 1000,
      default: 10,
    }),
    stats_type: oneOf(['whole', 'internal', 'response'], {
      text:
        'What is measured. `whole`: from the arrival of a message until it is acknowledged; ' +
        '`internal`: until it is sent; `response`: from then until it is acknowledged.',
      default: 'whole',
    }),
  },
  { text: 'Slow subscribers.', hot: 'live' },
)
