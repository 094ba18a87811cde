import { splitPath } from './config-path.ts'

/** What the JSON schema of the configuration says of a key. */
export interface KeySchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly anyOf?: readonly KeySchema[]
  readonly properties?: Readonly<Record<string, KeySchema>>
  readonly additionalProperties?: KeySchema | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly writeOnly?: boolean
  readonly 'x-unit'?: string
  readonly 'x-form'?: string
}

/** How a key is filled in. */
export const Control = {
  SWITCH: 'switch',
  CHOICE: 'choice',
  NUMBER: 'number',
  /** A text, or a number or word that is written as one. */
  TEXT: 'text',
  SECRET: 'secret',
  /** Lists and groups, as JSON. */
  JSON: 'json',
} as const
export type Control = (typeof Control)[keyof typeof Control]

/** The schema of a key below a root, from the schema of the root. */
export function schemaAt(root: KeySchema, key: string): KeySchema {
  let schema = root
  for (const name of splitPath(key).slice(1)) {
    const other = schema.additionalProperties
    schema = schema.properties?.[name] ?? (typeof other === 'object' ? other : {})
  }
  return schema
}

/** The control that suits a key. */
export function controlOf(schema: KeySchema, value: unknown): Control {
  if (schema.writeOnly === true) return Control.SECRET
  if (schema.enum !== undefined) return Control.CHOICE
  if (schema.type === 'boolean') return Control.SWITCH
  if (schema.type === 'integer' || schema.type === 'number') return Control.NUMBER
  const isPlain = value === undefined || value === null || typeof value !== 'object'
  const types = [schema, ...(schema.anyOf ?? [])].flatMap(({ type = [] }) => type)
  if (isPlain && types.some((type) => type === 'string')) return Control.TEXT
  return Control.JSON
}

/** What somebody wrote into a text: a number where the key takes one. */
export function readText(schema: KeySchema, text: string): string | number | boolean | null {
  const types = [schema, ...(schema.anyOf ?? [])].flatMap(({ type = [] }) => type)
  if (text === '') return null
  if (
    types.some((type) => type === 'integer' || type === 'number') &&
    /^-?\d+(\.\d+)?$/.test(text)
  ) {
    return Number(text)
  }
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true'
  return text
}
