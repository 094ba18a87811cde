import { type Attributes, writeAttributes, writeValue } from './otlp.ts'
import type { ProtoWriter } from './proto-writer.ts'

/** Severities of OTLP by the names of the log's levels. */
const SEVERITY = { debug: 5, info: 9, warning: 13, error: 17 } as const

/** A line of the log. */
export interface OtlpLogRecord {
  readonly timeMs: number
  readonly level: keyof typeof SEVERITY
  readonly body: string
  readonly attributes: Attributes
}

/** Writes a line as a field of `ScopeLogs`. */
export function writeLogRecord(out: ProtoWriter, line: OtlpLogRecord): void {
  out.message(2, (record) => {
    record.timeMs(1, line.timeMs)
    record.uint(2, SEVERITY[line.level])
    record.string(3, line.level)
    record.message(5, (body) => writeValue(body, line.body))
    writeAttributes(record, 6, line.attributes)
    record.timeMs(11, line.timeMs)
  })
}
