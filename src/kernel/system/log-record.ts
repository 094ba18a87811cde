/** Levels with the numbers by which they are ordered; the names are those of the configuration. */
export const LogLevel = {
  debug: 20,
  info: 30,
  notice: 35,
  warning: 40,
  error: 50,
  critical: 60,
  alert: 70,
  emergency: 80,
} as const
export type LogLevelName = keyof typeof LogLevel

/** Parts of the program whose levels can be set apart. */
export const LOG_MODULES = [
  'node',
  'broker',
  'access',
  'listeners',
  'storage',
  'rules',
  'integrations',
  'management',
] as const
export type LogModule = (typeof LOG_MODULES)[number]

/** One line of the log before it has a form. Can be sent between threads. */
export interface LogRecord {
  readonly timeMs: number
  readonly level: 'debug' | 'info' | 'warning' | 'error'
  readonly module: LogModule
  /** snake_case name of the event. */
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What the parts of the program write to. */
export interface SystemLog {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
  /** The log of one part. */
  of(module: LogModule): SystemLog
}

/**
 * Number of the lowest level that anybody sees of each module, in the order of `LOG_MODULES`, in
 * memory that threads share; it may change at any time.
 */
export type LevelCells = Int32Array<SharedArrayBuffer>

/** Memory for the levels. */
export function makeLevelCells(levelMin: number): LevelCells {
  const bytes = LOG_MODULES.length * Int32Array.BYTES_PER_ELEMENT
  return new Int32Array(new SharedArrayBuffer(bytes)).fill(levelMin)
}

/** Makes a log out of whatever takes records; those below the level are not made at all. */
export function makeLog(
  write: (record: LogRecord) => void,
  levels: LevelCells,
  nowMs: () => number,
  module: LogModule = 'node',
): SystemLog {
  const place = LOG_MODULES.indexOf(module)
  const at = (level: LogRecord['level']) => {
    return (message: string, fields: Record<string, unknown> = {}): void => {
      if (LogLevel[level] < (levels[place] ?? 0)) return
      write({ timeMs: nowMs(), level, module, message, fields })
    }
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warning'),
    error: at('error'),
    of: (part) => makeLog(write, levels, nowMs, part),
  }
}

/** Fields in a form that survives the way to another thread: errors keep their stack. */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(fields).map(([key, value]) => [key, plainValue(value)] as const)
  return Object.fromEntries(entries)
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message
  if (typeof value === 'function' || typeof value === 'symbol') return String(value)
  return value
}
