import { destination, pino } from 'pino'
import { formatTextLine, formatTime, type LogFormat } from './log-format.ts'
import {
  type LevelCells,
  LOG_MODULES,
  LogLevel,
  type LogLevelName,
  type LogModule,
  type LogRecord,
  makeLevelCells,
} from './log-record.ts'
import { LogRing } from './log-ring.ts'
import { RotatingFile, type RotatingFileOptions } from './rotating-file.ts'

/** One place where lines go. */
export interface LogHandlerOptions {
  readonly level: LogLevelName
  readonly format: LogFormat
  /** Absent: standard output. */
  readonly file?: RotatingFileOptions
}

/** Where lines go, and which are made. */
export interface LogSettings {
  readonly handlers: readonly LogHandlerOptions[]
  /** Lines below it are left out whatever the handlers let through. */
  readonly primaryLevel: LogLevelName
  /** Levels of modules, for every handler in the place of its own. */
  readonly moduleLevels: Readonly<Partial<Record<LogModule, LogLevelName | undefined>>>
}

/** Somebody else who takes the lines of these levels. */
export interface LogTap {
  readonly level: LogLevelName
  readonly write: (record: LogRecord) => void
}

/** All places where lines go, in the main thread. */
export interface LogHandlers {
  /** The lowest levels that anybody sees. */
  readonly levels: LevelCells
  /** What was shown lately. */
  readonly recent: LogRing
  /**
   * Puts other handlers in the place of these.
   * @throws the error of the file system when a file cannot be opened; these stay then
   */
  use(settings: LogSettings): void
  /** Has somebody else take lines as well; undefined: nobody. */
  tap(tap: LogTap | undefined): void
  write(record: LogRecord): void
  /** Shows a record whatever the levels are. */
  announce(record: LogRecord): void
  close(): void
}

interface LineSink {
  write(line: string): void
  close(): void
}

interface Handler {
  /** By module. */
  readonly levels: Readonly<Record<LogModule, number>>
  readonly show: (record: LogRecord) => void
  readonly close: () => void
}

/**
 * Opens all handlers.
 * @throws the error of the file system when a file cannot be opened
 */
export function openLogHandlers(settings: LogSettings): LogHandlers {
  let handlers: readonly Handler[] = []
  let tapped: LogTap | undefined
  const levels = makeLevelCells(LogLevel.emergency)
  const recent = new LogRing()
  const close = (): void => {
    for (const handler of handlers) handler.close()
  }
  const setLevels = (): void => {
    const levelMax = LogLevel[tapped?.level ?? 'emergency']
    for (const [place, module] of LOG_MODULES.entries()) {
      levels[place] = Math.min(levelMax, ...handlers.map((handler) => handler.levels[module]))
    }
  }
  const use = (wanted: LogSettings): void => {
    const opened = wanted.handlers.map((options) => openHandler(options, wanted))
    close()
    handlers = opened
    setLevels()
  }
  use(settings)
  return {
    levels,
    recent,
    use,
    close,
    tap(tap) {
      tapped = tap
      setLevels()
    },
    write(record) {
      recent.add(record)
      if (tapped !== undefined && LogLevel[record.level] >= LogLevel[tapped.level]) {
        tapped.write(record)
      }
      for (const handler of handlers) {
        if (LogLevel[record.level] >= handler.levels[record.module]) handler.show(record)
      }
    },
    announce(record) {
      recent.add(record)
      for (const { show } of handlers) show(record)
    },
  }
}

function openHandler(options: LogHandlerOptions, settings: LogSettings): Handler {
  const { format, file } = options
  const sink = file === undefined ? standardOutput() : new RotatingFile(file)
  const show =
    format.formatter === 'json'
      ? jsonWriter(sink, format)
      : (record: LogRecord) => sink.write(formatTextLine(record, format))
  return { levels: levelsOf(options, settings), show, close: () => sink.close() }
}

function levelsOf({ level }: LogHandlerOptions, { primaryLevel, moduleLevels }: LogSettings) {
  const usual = Math.max(LogLevel[level], LogLevel[primaryLevel])
  const entries = LOG_MODULES.map((module) => {
    const own = moduleLevels[module]
    return [module, own === undefined ? usual : LogLevel[own]] as const
  })
  return Object.fromEntries(entries) as Record<LogModule, number> // All modules are there.
}

function standardOutput(): LineSink {
  const stream = destination({ dest: 1, sync: true })
  // Whoever read our output has gone: the broker goes on.
  stream.on('error', () => {})
  return { write: (line) => stream.write(line), close: () => stream.flushSync() }
}

/** One JSON object a line; pino copes with values that JSON does not know. */
function jsonWriter(sink: LineSink, format: LogFormat): (record: LogRecord) => void {
  const { debug, info, warning, error } = LogLevel
  const logger = pino(
    {
      level: 'debug',
      customLevels: { debug, info, warning, error },
      useOnlyCustomLevels: true,
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  )
  return ({ timeMs, level, module, message, fields }) => {
    logger[level]({ time: formatTime(timeMs, format), ...fields, module }, message)
  }
}
