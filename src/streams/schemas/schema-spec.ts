/** Kinds of schemas that users write. */
export const SCHEMA_TYPES = ['avro', 'protobuf', 'json'] as const
export type SchemaType = (typeof SCHEMA_TYPES)[number]

/** A schema as its owner writes it. Can be sent to a thread. */
export interface SchemaSpec {
  readonly name: string
  readonly type: SchemaType
  /** JSON of an Avro or JSON schema, or the text of a `.proto` file. */
  readonly source: string
  readonly description: string
}

/** A schema that cannot be used as it is written, or a value that does not fit it. */
export class SchemaError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SchemaError'
  }
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
