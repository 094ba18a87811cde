import type { TableSetName } from '../contract/data.ts'
import type { TableSet } from './table-set.ts'

/** A table that could not be taken over; those before it are as they were. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError'
  /** The rows are at fault, not the store. */
  readonly isRefusal: boolean

  constructor(message: string, cause: unknown) {
    super(message, { cause })
    // From another thread an error comes without its class.
    this.isRefusal = cause instanceof Error && /^(?:Ban|Rule)Error$/.test(cause.name)
  }
}

/** Rows by their table. */
export type Tables = ReadonlyMap<TableSetName, readonly unknown[]>

/**
 * Takes over rows, of all tables or of none.
 * @returns what was passed over, and why
 * @throws RestoreError when a table cannot be taken over; all are as they were then, as far as the
 * message does not say otherwise
 */
export async function restoreTables(
  sets: readonly TableSet[],
  tables: Tables,
): Promise<readonly string[]> {
  const undo: { readonly name: string; readonly run: () => Promise<void> }[] = []
  const passedOver: string[] = []
  for (const set of sets) {
    const rows = tables.get(set.name)
    if (rows === undefined) continue
    try {
      undo.unshift({ name: set.name, run: await wayBack(set, rows) })
      passedOver.push(...(await set.restore(rows)).map((one) => `${set.name}: ${one}`))
    } catch (error) {
      const problems = [`${set.name}: ${messageOf(error)}`]
      for (const { name, run } of undo) {
        await run().catch((failure: unknown) => {
          problems.push(`${name} could not be taken back: ${messageOf(failure)}`)
        })
      }
      throw new RestoreError(problems.join('; '), error)
    }
  }
  return passedOver
}

/** What gives the rows back that are there now under the names of others. */
async function wayBack(set: TableSet, rows: readonly unknown[]): Promise<() => Promise<void>> {
  const touched = new Set(rows.map((row) => set.keyOf(row)))
  const before = (await set.rows()).filter((row) => touched.has(set.keyOf(row)))
  const known = new Set(before.map((row) => set.keyOf(row)))
  return async () => {
    await set.remove(rows.filter((row) => !known.has(set.keyOf(row))))
    await set.restore(before)
  }
}

/** What is said about something that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
