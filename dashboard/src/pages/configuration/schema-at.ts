import type { FormSchema } from '../../components/schema-form/form-schema.ts'
import { splitPath } from './config-path.ts'

/** The schema of a key below a root, from the schema of the root. */
export function schemaAt(root: FormSchema, key: string): FormSchema {
  let schema = root
  for (const name of splitPath(key).slice(1)) {
    const other = schema.additionalProperties
    schema = schema.properties?.[name] ?? (typeof other === 'object' ? other : {})
  }
  return schema
}
