import { open, readFile } from 'node:fs/promises'
import type { s3 } from '#config/fields/integrations/s3.ts'
import type { Infer } from '#config/field.ts'
import type { Sink, SinkContext } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { encodeJson } from '#streams/values/json.ts'
import { csvHeading, csvLine } from './csv.ts'
import type { S3Client } from './s3-client.ts'
import type { SpooledFile } from './spool-folder.ts'
import { type FullFile, type SpoolFormat, UploadSpool } from './upload-spool.ts'

/** Parameters of an action that gathers records. */
export type AggregatedUpload = Extract<
  Infer<(typeof s3)['action'] & object>,
  { readonly mode: 'aggregated' }
>

/** Places that a key has, by how they begin. */
const KEY_PLACES = {
  action: '${action}',
  node: '${node}',
  'datetime.': '${datetime.rfc3339utc}',
  sequence: '${sequence}',
} as const
/** S3 takes no more. */
const PARTS_MAX = 10_000

/** Gathers records on disk, and uploads each file when it is full. */
export async function aggregatedSink(
  parameters: AggregatedUpload,
  headers: Readonly<Record<string, string>>,
  client: S3Client,
  context: SinkContext,
): Promise<Sink> {
  const { bucket, aggregation, min_part_size: partMin, max_part_size: partMax } = parameters
  const keyOf = compileTemplate(wholeKey(parameters.key))
  const upload = async (file: FullFile, signal: AbortSignal): Promise<void> => {
    const place = { bucket, key: keyOf.text(keyParts(file, context)) }
    if (file.bytes <= partMin) {
      await client.put(place, await readFile(file.path), headers, signal)
      return
    }
    const partBytes = Math.min(partMax, Math.max(partMin, Math.ceil(file.bytes / PARTS_MAX)))
    await client.putParts(place, partsOf(file.path, partBytes), headers, signal)
  }
  const spool = new UploadSpool(
    {
      folder: context.folder,
      shard: context.shard,
      shardCount: context.shardCount,
      isQuoted: parameters.container.type === 'csv',
      recordsMax: aggregation.max_records,
      intervalMs: aggregation.time_interval,
      bytesMax: aggregation.max_gathered_bytes / context.shardCount,
    },
    { log: context.log, nowMs: () => Date.now(), upload },
  )
  await spool.open()
  const begin = formatOf(parameters.container)
  return { write: (records) => spool.add(records, begin), close: () => spool.close() }
}

function formatOf(container: AggregatedUpload['container']): (first: ValueMap) => SpoolFormat {
  if (container.type === 'json_lines') {
    return () => ({ heading: '', lineOf: (record) => `${encodeJson(record)}\n` })
  }
  const { column_order: given } = container
  return (first) => {
    const further = Object.keys(first).filter((name) => !given.includes(name))
    const columns = [...given, ...further.toSorted()]
    return {
      heading: `${csvHeading(columns)}\n`,
      lineOf: (record) => `${csvLine(record, columns)}\n`,
    }
  }
}

/** A key with all that makes it differ from those of other files: what is missing is added. */
function wholeKey(key: string): string {
  const missing = Object.entries(KEY_PLACES).filter(([name]) => !key.includes(`\${${name}`))
  return [key, ...missing.map(([, place]) => place)].join('/')
}

function keyParts(file: SpooledFile, { name, nodeName }: SinkContext): ValueMap {
  return {
    action: name,
    node: nodeName,
    sequence: file.sequence,
    datetime: timeForms(file.fromMs),
    datetime_until: timeForms(file.untilMs),
  }
}

function timeForms(timeMs: number): ValueMap {
  const utc = new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return { rfc3339utc: utc, rfc3339: localTime(new Date(timeMs)), unix: Math.floor(timeMs / 1000) }
}

/** RFC 3339, with the offset of this machine's zone. */
function localTime(at: Date): string {
  const offset = -at.getTimezoneOffset()
  const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, 19)
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const size = Math.abs(offset)
  return `${local}${offset < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`
}

async function* partsOf(path: string, partBytes: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    for (;;) {
      const part = Buffer.allocUnsafe(partBytes)
      let filled = 0
      while (filled < partBytes) {
        const { bytesRead } = await handle.read(part, filled, partBytes - filled, null)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      if (filled > 0) yield part.subarray(0, filled)
      if (filled < partBytes) return
    }
  } finally {
    await handle.close()
  }
}
