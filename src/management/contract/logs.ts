/** What the node logged lately. */
import { type Static, Type } from 'typebox'
import { LOG_MODULES } from '#kernel/system/log-record.ts'
import { oneOf } from './common.ts'
import { type EventOf, events, operation } from './operation.ts'

const tag = 'Logs'
const Level = oneOf(['debug', 'info', 'warning', 'error'])
const LINES_MAX = 1_000

const filter = {
  level: Type.Optional(oneOf(['debug', 'info', 'warning', 'error'], 'Lowest level.')),
  text: Type.Optional(
    Type.String({ maxLength: 1024, description: 'Part of the event or of a field; any case.' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LINES_MAX, default: 100 })),
}

const Line = Type.Object({
  id: Type.Integer({ description: 'Later lines have higher numbers, until the node restarts.' }),
  time: Type.Integer({ description: 'Milliseconds since 1970.' }),
  level: Level,
  module: oneOf(LOG_MODULES, 'Part of the program; see `log.module_levels`.'),
  message: Type.String({ description: 'Name of the event.' }),
  fields: Type.Record(Type.String(), Type.String(), { description: 'Secrets are hidden.' }),
})

/** A line of the log as a reply shows it. */
export type LogLine = Static<typeof Line>

const Made = Type.String({ description: 'The level from which on lines of all modules are made.' })

export const listLogs = operation({
  id: 'listLogs',
  method: 'GET',
  path: '/logs',
  tag,
  summary: 'The latest lines of the log of this node, the latest first; some thousand are kept.',
  permission: 'write',
  query: Type.Object({
    ...filter,
    before: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Only lines with a lower `id`.' }),
    ),
  }),
  replies: {
    200: Type.Object({
      data: Type.Array(Line),
      meta: Type.Object({ hasnext: Type.Boolean(), level: Made }),
    }),
  },
})

export const streamLogs = operation({
  id: 'streamLogs',
  method: 'GET',
  path: '/logs/stream',
  tag,
  summary:
    'The latest lines of the log, then those that follow, as server-sent events. Who reads too ' +
    'slowly is told how many lines were missed. Ends with the login.',
  permission: 'write',
  query: Type.Object({
    ...filter,
    count: Type.Optional(
      Type.Integer({ minimum: 1, description: 'End after so many events. Default: never.' }),
    ),
  }),
  replies: {
    200: events(
      'The first event has the latest lines; one without lines is a sign of life.',
      Type.Object({
        is_first: Type.Boolean(),
        lines: Type.Array(Line, { description: 'The oldest first.' }),
        missed: Type.Integer({ description: 'Lines that came and went between two events.' }),
        level: Made,
      }),
    ),
  },
  errors: [503],
})

/** An event of the stream. */
export type LogEvent = EventOf<(typeof streamLogs)['replies'][200]>
