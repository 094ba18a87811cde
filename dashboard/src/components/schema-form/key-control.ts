import type { FormSchema } from './form-schema.ts'

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

/** The control that suits a key. */
export function controlOf(schema: FormSchema, value: unknown): Control {
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
export function readText(schema: FormSchema, text: string): string | number | boolean | null {
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
