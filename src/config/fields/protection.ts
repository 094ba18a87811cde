/** `banned.*` and `flapping_detect.*`: clients that are not let in. */
import type { Infer } from '../field.ts'
import { bool, bytes, duration, int, object, percent, string } from '../field.ts'

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
    hot: 'live',
  },
)

export const overloadProtection = object(
  {
    enable: bool({ text: 'Watch for overload.', default: false }),
    backoff_new_conn: bool({
      text: 'Refuse new connections (0x89) while a shard is overloaded.',
      default: true,
    }),
    max_event_loop_lag: duration({
      text:
        'A shard whose event loop is later than this is overloaded, until it has been below 70 % ' +
        'of it for a second. Not known to EMQX.',
      min: 10,
      default: '500ms',
    }),
    max_memory: percent({
      text:
        'The same for the part of the memory that is in use: of the machine or the container by ' +
        'the process, of its heap by the shard. Not known to EMQX.',
      min: 0.1,
      max: 1,
      default: '90%',
    }),
  },
  { text: 'What happens when there is more work than can be done.', hot: 'live' },
)

export const forceShutdown = object(
  {
    enable: bool({ text: 'End connections that hold too much memory.', default: true }),
    max_heap_size: bytes({
      text:
        'Memory that one client may hold: messages that wait for it and are not on disk, and ' +
        'bytes it has not taken. Above it the connection is ended (0x97); a session that is ' +
        'kept goes on without it.',
      min: 65_536,
      default: '128MB',
    }),
  },
  { text: 'Connections that are ended because of what they hold.', hot: 'live' },
)

/** The decoded `flapping_detect`. */
export type FlappingConfig = Infer<typeof flappingDetect>
