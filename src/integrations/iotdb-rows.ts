import { DriverError } from '#drivers/driver-error.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { toText } from '#streams/values/to-text.ts'

/** Types of values. */
export type IotdbType = 'TEXT' | 'BOOLEAN' | 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE'

/** Values of a device at one time. */
export interface IotdbRow {
  readonly device: string
  readonly timestamp: number
  readonly cells: readonly IotdbCell[]
}

/** A value of a series. */
export interface IotdbCell {
  readonly measurement: string
  readonly type: IotdbType
  readonly value: string | number | boolean
}

/** What is inserted for a record. */
export interface IotdbKeys {
  readonly device_id: string
  readonly data: readonly {
    readonly timestamp: string
    readonly measurement: string
    readonly data_type: IotdbType
    readonly value: string
  }[]
}

/** Present times, as numbers of the unit that they name. */
const NOW: Readonly<Record<string, number>> = { now: 1, now_ms: 1, now_us: 1e3, now_ns: 1e6 }
/** Parts of a path stand for themselves when they are words; others in backticks. */
const WORD = /^[A-Za-z0-9_\u0080-\uffff]*[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$/

/**
 * Compiles the values of a device: those of one time become one row.
 * @returns gives the rows of a record; throws a DriverError for a value that its type cannot hold
 */
export function compileIotdbRows(keys: IotdbKeys): (record: ValueMap) => readonly IotdbRow[] {
  const deviceOf = compileTemplate(keys.device_id, asNode)
  const all = keys.data.map((one) => ({
    type: one.data_type,
    timestamp: one.timestamp,
    timeOf: compileTemplate(one.timestamp),
    measurementOf: compileTemplate(one.measurement, asNode),
    valueOf: compileTemplate(one.value),
  }))
  return (record) => {
    const nowMs = Date.now()
    const device = deviceOf.text(record)
    const rows = new Map<number, IotdbCell[]>()
    for (const { type, timestamp, timeOf, measurementOf, valueOf } of all) {
      const written = valueOf.value(record)
      if (written === undefined || written === null) continue
      const unit = NOW[timestamp]
      const time = unit === undefined ? Number(timeOf.text(record)) : nowMs * unit
      if (!Number.isFinite(time)) {
        throw new DriverError('fatal', `IoTDB: ${timeOf.text(record)} is no time`)
      }
      const cells = rows.get(time) ?? []
      rows.set(time, cells)
      cells.push({ measurement: measurementOf.text(record), type, value: convert(written, type) })
    }
    return [...rows].map(([timestamp, cells]) => ({ device, timestamp, cells }))
  }
}

/** A value as one part of a path: it cannot lead to other devices or series. */
function asNode(value: Value): string {
  const text = toText(value)
  return WORD.test(text) ? text : `\`${text.replaceAll('`', '``')}\``
}

function convert(value: Value, type: IotdbType): string | number | boolean {
  const text = toText(value)
  if (type === 'TEXT') return text
  if (type === 'BOOLEAN') {
    if (/^(?:true|1)$/i.test(text)) return true
    if (/^(?:false|0)$/i.test(text)) return false
  } else if (text.trim() !== '') {
    const number = Number(text)
    const isWhole = Number.isInteger(number)
    const fits = type === 'INT32' ? number === (number | 0) : type !== 'INT64' || isWhole
    if (Number.isFinite(number) && fits) return number
  }
  throw new DriverError('fatal', `IoTDB: ${text.slice(0, 100)} is no ${type}`)
}
