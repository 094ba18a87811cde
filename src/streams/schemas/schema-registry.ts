import type { Schema, SchemaLookup } from '#plugin/define-function.ts'
import { makeSchema } from './make-schema.ts'
import type { SchemaSpec } from './schema-spec.ts'

interface Entry {
  readonly spec: SchemaSpec
  /** Made when first asked for. */
  schema: Schema | undefined
}

/** The schemas of a node by name, in one thread. */
export class SchemaRegistry implements SchemaLookup {
  #entries: ReadonlyMap<string, Entry>

  constructor(specs: readonly SchemaSpec[] = []) {
    this.#entries = new Map()
    this.configure(specs)
  }

  /** Has exactly these schemas from now on; those that have not changed stay made. */
  configure(specs: readonly SchemaSpec[]): void {
    const entries = specs.map((spec) => {
      const known = this.#entries.get(spec.name)
      const isSame = known?.spec.type === spec.type && known.spec.source === spec.source
      return [spec.name, { spec, schema: isSame ? known.schema : undefined }] as const
    })
    this.#entries = new Map(entries)
  }

  /** @throws SchemaError when the schema is wrong */
  find(name: string): Schema | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    entry.schema ??= makeSchema(entry.spec)
    return entry.schema
  }
}
