import { join, parse } from 'node:path'
import { diskLog } from '#config/fields/integrations/disk-log.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import { encodeJson } from '#streams/values/json.ts'
import { csvHeading, csvLine } from '../csv.ts'
import { RotatingFile } from '../rotating-file.ts'

/** `disk_log`: a line per record. */
export default defineConnector({
  description: diskLog,
  async open(config, { shard, shardCount }): Promise<RotatingFile> {
    const path = shardCount === 1 ? config.filepath : ofShard(config.filepath, shard)
    const file = new RotatingFile(path, config.max_file_size, config.max_file_number)
    await file.open()
    return file
  },
  // A file that was taken away is made anew.
  check: async (file) => file.check(),
  close: (file) => file.close(),
  sink: {
    open({ template, column_order: columns, write_mode: mode }, file) {
      const isCsv = columns.length > 0
      const lineTemplate = bodyTemplate(template)
      const heading = isCsv ? `${csvHeading(columns)}\n` : ''
      const lineOf = (record: ValueMap): string => {
        if (isCsv) return csvLine(record, columns)
        // A line stays one line, whatever stands in the record.
        const line = lineTemplate?.text(record) ?? encodeJson(record)
        return line.replaceAll('\n', String.raw`\n`).replaceAll('\r', String.raw`\r`)
      }
      return {
        async write(records) {
          const text = records.map((record) => `${lineOf(record)}\n`).join('')
          await file.append(text, heading, mode === 'sync')
        },
      }
    },
  },
})

/** `records.log` becomes `records.2.log`. */
function ofShard(path: string, shard: number): string {
  const { dir, name, ext } = parse(path)
  return join(dir, `${name}.${shard}${ext}`)
}
