/** `banned.*` and `flapping_detect.*`: clients that are not let in. */
import type { Infer } from '../field.ts'
import { bool, duration, int, object, string } from '../field.ts'

export const banned = object(
  {
    bootstrap_file: string({
      text:
        'CSV file with bans that are made at start unless they are there: a line of names ' +
        '(`as,who,reason,at,until,by`), then one line per ban. Empty: none.',
      path: true,
      default: '',
      example: '${TIDEWAY_ETC_DIR}/banned.csv',
    }),
  },
  { text: 'Clients that are not let in.', hot: 'restart-node' },
)

export const flappingDetect = object(
  {
    enable: bool({ text: 'Ban clients that come and go too often.', default: false }),
    window_time: duration({
      text: 'Time in which disconnections are counted.',
      min: 1000,
      default: '1m',
    }),
    max_count: int({ text: 'Disconnections that lead to a ban.', min: 1, default: 15 }),
    ban_time: duration({ text: 'How long the ban lasts.', min: 1000, default: '5m' }),
  },
  {
    text: 'Clients that connect and disconnect again and again are banned by their identifier.',
    hot: 'restart-node',
  },
)

/** The decoded `flapping_detect`. */
export type FlappingConfig = Infer<typeof flappingDetect>
