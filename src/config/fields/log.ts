/** `log.*`: where log lines go. */
import type { LogModule } from '#kernel/system/log-record.ts'
import { bool, bytes, int, map, object, oneOf, string } from '../field.ts'

/** Levels of the log, the most talkative first. */
export const LOG_LEVELS = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const

/** What is wrong with a time offset, or undefined. */
function checkTimeOffset(text: string): string | undefined {
  if (/^(?:system|utc|Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/.test(text)) return undefined
  return 'must be `system`, `utc` or an offset such as `+02:00`'
}

function handlerFields(enable: boolean) {
  return {
    enable: bool({ text: 'Whether lines go there.', default: enable }),
    level: oneOf(LOG_LEVELS, { text: 'Lines below this level are left out.', default: 'warning' }),
    formatter: oneOf(['text', 'json'], { text: 'Form of a line.', default: 'text' }),
    timestamp_format: oneOf(['auto', 'epoch', 'rfc3339'], {
      text: 'Form of the time. `auto`: RFC 3339 in text, microseconds since 1970 in JSON.',
      default: 'auto',
    }),
    time_offset: string({
      text: 'Zone of the time: `system`, `utc` or an offset such as `+02:00`.',
      check: checkTimeOffset,
      default: 'system',
    }),
  }
}

const consoleHandler = object(handlerFields(true), { text: 'Standard output.' })

const fileHandler = object(
  {
    ...handlerFields(false),
    path: string({ text: 'File.', path: true, default: '${EMQX_LOG_DIR}/tideway.log' }),
    rotation_count: int({ text: 'Old files kept.', unit: 'files', min: 1, max: 128, default: 10 }),
    rotation_size: bytes({
      text: 'A file that has reached this size is put aside. `infinity`: never.',
      words: ['infinity'],
      min: 1024,
      default: '50MB',
    }),
  },
  {
    text: 'One file.',
    aliases: { to: 'path', file: 'path', max_size: 'rotation_size', rotation: 'rotation_count' },
  },
)

const moduleLevels = {
  node: oneOf(LOG_LEVELS, { text: 'Start, stop, configuration and files of the node.' }),
  broker: oneOf(LOG_LEVELS, { text: 'Sessions and messages.' }),
  access: oneOf(LOG_LEVELS, { text: 'Authentication, authorization and bans.' }),
  listeners: oneOf(LOG_LEVELS, { text: 'Listeners, connections that they close, overload.' }),
  storage: oneOf(LOG_LEVELS, { text: 'What is kept on disk.' }),
  rules: oneOf(LOG_LEVELS, { text: 'Rules, validations and transformations.' }),
  integrations: oneOf(LOG_LEVELS, { text: 'Connectors, actions and sources.' }),
  management: oneOf(LOG_LEVELS, { text: 'REST API, alarms, traces, exports.' }),
} satisfies Record<LogModule, unknown>

export const log = object(
  {
    primary_level: oneOf(LOG_LEVELS, {
      text: 'Lines below this level are left out everywhere, whatever level the places have.',
      default: 'debug',
    }),
    module_levels: object(moduleLevels, {
      text:
        'Levels of parts of the program. The level of a part holds in all places instead of ' +
        'theirs and of `primary_level`.',
    }),
    console: consoleHandler,
    file: map(fileHandler, {
      text: 'Files. `log.file { … }` without a name is `log.file.default`.',
      keyLabel: 'name',
      entriesMax: 16,
      flatEntry: 'default',
      default: { default: {} },
    }),
  },
  {
    text: 'The log.',
    hot: 'live',
    aliases: { console_handler: 'console', file_handlers: 'file' },
  },
)
