import type { ConnectionContext } from '#access/backends/driver-settings.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { Sink, WriteFault } from '#plugin/define-connector.ts'
import { type HttpApiKeys, type HttpApi, openHttpApi } from './http-api.ts'
import { compileLines } from './line-protocol.ts'

/** A system that takes lines of the line protocol. */
export interface LineStore {
  readonly api: HttpApi
  /** Path and query of a request that writes lines with times in this unit. */
  pathOf(precision: 'ns' | 'us' | 'ms' | 's'): string
}

const HEADERS = { 'content-type': 'text/plain; charset=utf-8' }
/** What some say of a request without lines, to those who may write. */
const NO_LINES = 400

/**
 * Connects, and tries whether lines may be written by sending none.
 * @throws DriverError; nothing stays open then
 */
export async function openLineStore(
  origin: string,
  keys: HttpApiKeys,
  context: ConnectionContext,
  login: Readonly<Record<string, string>>,
  pathOf: LineStore['pathOf'],
): Promise<LineStore> {
  const trial = { method: 'POST', path: pathOf('ms'), headers: HEADERS, body: '' } as const
  const api = await openHttpApi(origin, keys, context, login, { ...trial, accepts: [NO_LINES] })
  return { api, pathOf }
}

/** Writes the lines of a batch in one request. */
export function lineSink(
  { api, pathOf }: LineStore,
  keys: { readonly write_syntax: string; readonly precision: 'ns' | 'us' | 'ms' | 's' },
): Sink {
  const lineOf = compileLines(keys.write_syntax)
  const path = pathOf(keys.precision)
  return {
    async write(records, signal) {
      const faults: WriteFault[] = []
      const lines = records.flatMap((record, index) => {
        try {
          return [lineOf(record)]
        } catch (error) {
          if (!(error instanceof DriverError)) throw error
          faults.push({ index, kind: 'fatal', reason: error.message })
          return []
        }
      })
      if (lines.length === 0) return faults
      await api.request({ method: 'POST', path, headers: HEADERS, body: lines.join('\n') }, signal)
      return faults
    },
  }
}

/** A query of names and values. */
export function queryText(values: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(values).filter((entry) => entry[1] !== undefined)
  return new URLSearchParams(present as [string, string][]).toString()
}
