import { DriverError } from '#drivers/driver-error.ts'
import type { WriteFault } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'

/**
 * Writes a batch record by record, for systems that take one at a time. After the first record
 * that is to be tried again the rest waits for it, so that the order is kept.
 * @returns records that were not written
 */
export async function writeEach(
  records: readonly ValueMap[],
  write: (record: ValueMap) => Promise<void>,
): Promise<readonly WriteFault[]> {
  const faults: WriteFault[] = []
  for (const [index, record] of records.entries()) {
    try {
      await write(record)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!(error instanceof DriverError) || error.kind === 'fatal') {
        faults.push({ index, kind: 'fatal', reason })
        continue
      }
      // Nothing was written: the runtime looks after the connection.
      if (index === 0) throw error
      for (let rest = index; rest < records.length; rest++) {
        faults.push({ index: rest, kind: 'retryable', reason })
      }
      break
    }
  }
  return faults
}
