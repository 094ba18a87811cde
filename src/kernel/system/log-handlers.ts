import { destination, pino } from 'pino'
import { formatTextLine, formatTime, type LogFormat } from './log-format.ts'
import {
  type LevelCell,
  LogLevel,
  type LogLevelName,
  type LogRecord,
  makeLevelCell,
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

/** Somebody else who takes the lines of these levels. */
export interface LogTap {
  readonly level: LogLevelName
  readonly write: (record: LogRecord) => void
}

/** All places where lines go, in the main thread. */
export interface LogHandlers {
  /** Number of the lowest level that any handler shows. */
  readonly levelMin: LevelCell
  /** What was shown lately. */
  readonly recent: LogRing
  /**
   * Puts other handlers in the place of these.
   * @throws the error of the file system when a file cannot be opened; these stay then
   */
  use(options: readonly LogHandlerOptions[]): void
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
  readonly levelMin: number
  readonly show: (record: LogRecord) => void
  readonly close: () => void
}

/**
 * Opens all handlers.
 * @throws the error of the file system when a file cannot be opened
 */
export function openLogHandlers(options: readonly LogHandlerOptions[]): LogHandlers {
  let handlers: readonly Handler[] = []
  let tapped: LogTap | undefined
  const levelMin = makeLevelCell(LogLevel.emergency)
  const recent = new LogRing()
  const close = (): void => {
    for (const handler of handlers) handler.close()
  }
  const setLevelMin = (): void => {
    const levels = handlers.map((handler) => handler.levelMin)
    if (tapped !== undefined) levels.push(LogLevel[tapped.level])
    levelMin[0] = Math.min(LogLevel.emergency, ...levels)
  }
  const use = (wanted: readonly LogHandlerOptions[]): void => {
    const opened = wanted.map((option) => openHandler(option))
    close()
    handlers = opened
    setLevelMin()
  }
  use(options)
  return {
    levelMin,
    recent,
    use,
    close,
    tap(tap) {
      tapped = tap
      setLevelMin()
    },
    write(record) {
      recent.add(record)
      if (tapped !== undefined && LogLevel[record.level] >= LogLevel[tapped.level]) {
        tapped.write(record)
      }
      for (const handler of handlers) {
        if (LogLevel[record.level] >= handler.levelMin) handler.show(record)
      }
    },
    announce(record) {
      recent.add(record)
      for (const { show } of handlers) show(record)
    },
  }
}

function openHandler({ level, format, file }: LogHandlerOptions): Handler {
  const sink = file === undefined ? standardOutput() : new RotatingFile(file)
  const show =
    format.formatter === 'json'
      ? jsonWriter(sink, format)
      : (record: LogRecord) => sink.write(formatTextLine(record, format))
  return { levelMin: LogLevel[level], show, close: () => sink.close() }
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
  return ({ timeMs, level, message, fields }) => {
    logger[level]({ time: formatTime(timeMs, format), ...fields }, message)
  }
}
