import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { s3 } from '#config/fields/integrations/s3.ts'
import type { Infer } from '#config/field.ts'
import type { Sink, SinkContext } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { encodeJson } from '#streams/values/json.ts'
import { csvHeading, csvLine } from './csv.ts'
import type { S3Client } from './s3-client.ts'
import { type SpooledFile, type SpoolFormat, UploadSpool } from './upload-spool.ts'

/** Parameters of an action that gathers records. */
export type AggregatedUpload = Extract<
  Infer<(typeof s3)['action'] & object>,
  { readonly mode: 'aggregated' }
>

/** What waits on disk at most; further records stay in the queues of the action. */
const SPOOL_BYTES_MAX = 1024 * 1024 * 1024
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
  const keyOf = compileTemplate(parameters.key)
  const upload = async (file: SpooledFile): Promise<void> => {
    const place = { bucket, key: keyOf.text(keyParts(file, context)) }
    if (file.bytes <= partMin) {
      await client.put(place, await readFile(file.path), headers)
      return
    }
    const partBytes = Math.min(partMax, Math.max(partMin, Math.ceil(file.bytes / PARTS_MAX)))
    await client.putParts(place, partsOf(file.path, partBytes), headers)
  }
  const spool = new UploadSpool(
    {
      folder: join(context.folder, `upload-${context.shard}`),
      recordsMax: aggregation.max_records,
      intervalMs: aggregation.time_interval,
      bytesMax: SPOOL_BYTES_MAX,
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

/** Shards count in steps of their number, so that no two give the same. */
function keyParts(file: SpooledFile, { name, nodeName, shard, shardCount }: SinkContext): ValueMap {
  return {
    action: name,
    node: nodeName,
    sequence: file.sequence * shardCount + shard,
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
