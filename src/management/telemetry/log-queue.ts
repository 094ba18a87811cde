import type { Attributes } from '#codec/otlp/otlp.ts'
import { writeLogRecord } from '#codec/otlp/log-records.ts'
import { ProtoWriter } from '#codec/otlp/proto-writer.ts'
import type { LogRecord } from '#kernel/system/log-record.ts'

/** Lines that were taken out, encoded as fields of `ScopeLogs`. */
export interface LogBatch {
  readonly bytes: Buffer
  readonly count: number
}

const INITIAL_BYTES = 16_384
const BYTES_MAX = 2 * 1024 * 1024
/** A longer text of a line is cut. */
const TEXT_CHARS_MAX = 16_384

/** Lines of the log that wait to be exported; when it is full, further ones are dropped. */
export class LogQueue {
  dropped = 0
  readonly #linesMax: number
  readonly #out = new ProtoWriter(INITIAL_BYTES)
  #count = 0

  constructor(linesMax: number) {
    this.#linesMax = linesMax
  }

  add({ timeMs, level, module, message, fields }: LogRecord): void {
    if (this.#count >= this.#linesMax || this.#out.length >= BYTES_MAX) {
      this.dropped++
      return
    }
    const attributes = Object.fromEntries(
      Object.entries({ module, ...fields }).flatMap(([key, value]) => {
        const shown = attributeOf(value)
        return shown === undefined ? [] : [[key, shown] as const]
      }),
    )
    writeLogRecord(this.#out, { timeMs, level, body: message, attributes })
    this.#count++
  }

  /** Takes out what waits; undefined when that is nothing. */
  take(): LogBatch | undefined {
    if (this.#count === 0) return undefined
    const batch = { bytes: this.#out.toBuffer(), count: this.#count }
    this.#out.clear()
    this.#count = 0
    return batch
  }
}

function attributeOf(value: unknown): Attributes[string] | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'boolean' || typeof value === 'number') return value
  return textOf(value).slice(0, TEXT_CHARS_MAX)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return value.stack ?? value.message
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
