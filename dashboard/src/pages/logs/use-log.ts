import type { LogEvent, LogLine, listLogs, streamLogs } from '#management/contract/logs.ts'
import { useEffect, useState } from 'react'
import { call } from '../../api/call.ts'
import { follow } from '../../api/follow.ts'
import type { ApiError } from '../../api/http.ts'

/** Lines that the window holds. */
const LINES_MAX = 2_000
const PAGE_LINES = 200

/** Which lines are wanted. */
export interface LogFilter {
  readonly level: LogLine['level']
  readonly text: string
}

interface Log {
  /** The latest first; undefined: none has come yet. */
  readonly lines: readonly LogLine[] | undefined
  readonly missed: number
  /** The level from which on lines are made. */
  readonly level: string | undefined
  readonly error: ApiError | undefined
  readonly hasOlder: boolean
}

const NOTHING: Log = {
  lines: undefined,
  missed: 0,
  level: undefined,
  error: undefined,
  hasOlder: false,
}

/** The log of the node while it is written, and what was before. */
export function useLog(filter: LogFilter, isLive: boolean) {
  const [log, setLog] = useState<Log>(NOTHING)
  const { level, text } = filter
  useEffect(() => {
    if (!isLive) return undefined
    const ending = new AbortController()
    void follow<typeof streamLogs>('/logs/stream', {
      query: { level, text, limit: PAGE_LINES },
      signal: ending.signal,
      event: (event) => setLog((before) => added(before, event)),
      failed: (error) => setLog((before) => ({ ...before, error })),
    })
    return () => ending.abort()
  }, [level, text, isLive])
  const loadOlder = async (): Promise<void> => {
    const oldest = log.lines?.at(-1)?.id
    const before = oldest === undefined ? {} : { before: oldest }
    const query = { level, text, limit: PAGE_LINES, ...before }
    const { data, meta } = await call<typeof listLogs>('GET', '/logs', { query })
    setLog((now) => ({ ...now, lines: [...(now.lines ?? []), ...data], hasOlder: meta.hasnext }))
  }
  const clear = (): void => setLog((before) => ({ ...before, lines: [], missed: 0 }))
  return { ...log, loadOlder, clear }
}

function added(before: Log, event: LogEvent): Log {
  const fresh = event.lines.toReversed()
  const { level } = event
  // What was shown before may be of another filter, or of the node before it was restarted.
  if (event.is_first) {
    const hasOlder = fresh.length >= PAGE_LINES
    return { lines: fresh, missed: 0, level, error: undefined, hasOlder }
  }
  const lines = [...fresh, ...(before.lines ?? [])]
  return {
    ...before,
    lines: lines.slice(0, LINES_MAX),
    missed: before.missed + event.missed,
    level,
    error: undefined,
    hasOlder: before.hasOlder || lines.length > LINES_MAX,
  }
}
