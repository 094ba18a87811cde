import { destination, pino } from 'pino'
import { formatTextLine, formatTime, type LogFormat } from './log-format.ts'
import { LogLevel, type LogLevelName, type LogRecord } from './log-record.ts'
import { RotatingFile, type RotatingFileOptions } from './rotating-file.ts'

/** One place where lines go. */
export interface LogHandlerOptions {
  readonly level: LogLevelName
  readonly format: LogFormat
  /** Absent: standard output. */
  readonly file?: RotatingFileOptions
}

/** All places where lines go, in the main thread. */
export interface LogHandlers {
  /** Number of the lowest level that any handler shows. */
  readonly levelMin: number
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
  const handlers = options.map((option) => openHandler(option))
  return {
    levelMin: Math.min(LogLevel.emergency, ...handlers.map(({ levelMin }) => levelMin)),
    write(record) {
      for (const { levelMin, show } of handlers) {
        if (LogLevel[record.level] >= levelMin) show(record)
      }
    },
    announce(record) {
      for (const { show } of handlers) show(record)
    },
    close() {
      for (const { close } of handlers) close()
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
