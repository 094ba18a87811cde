import type { KeySchema } from '../../configuration/key-schema.ts'

/** What the specification of a type says of a key, and of all keys below it. */
export interface FormSchema extends KeySchema {
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  /** Keys of a group that must be there. */
  readonly required?: readonly string[]
  readonly pattern?: string
  readonly maxLength?: number
  readonly properties?: Readonly<Record<string, FormSchema>>
  readonly additionalProperties?: FormSchema | boolean
  readonly items?: FormSchema
  readonly anyOf?: readonly FormSchema[]
  readonly 'x-telling-keys'?: readonly string[]
  readonly 'x-lines'?: boolean
}

export type Group = Readonly<Record<string, unknown>>

/** What a key holds. */
export const Shape = {
  /** Keys with names of their own. */
  GROUP: 'group',
  /** A group in one of several forms. */
  FORMS: 'forms',
  /** Groups in an order. */
  GROUP_LIST: 'group-list',
  /** Words in an order. */
  WORD_LIST: 'word-list',
  /** Texts under names that people choose. */
  NAMED_TEXTS: 'named-texts',
  VALUE: 'value',
} as const
export type Shape = (typeof Shape)[keyof typeof Shape]

/** What a key holds. */
export function shapeOf(schema: FormSchema): Shape {
  if (schema.properties !== undefined) return Shape.GROUP
  if (schema['x-telling-keys'] !== undefined) return Shape.FORMS
  const items = itemsOf(schema)
  if (items !== undefined) {
    const isGroup = ([Shape.GROUP, Shape.FORMS] as Shape[]).includes(shapeOf(items))
    return isGroup ? Shape.GROUP_LIST : Shape.WORD_LIST
  }
  const { additionalProperties: named } = schema
  if (typeof named === 'object' && named.type === 'string') return Shape.NAMED_TEXTS
  return Shape.VALUE
}

/** What the items of a list are. */
export function itemsOf(schema: FormSchema): FormSchema | undefined {
  return schema.items ?? schema.anyOf?.find(({ items }) => items !== undefined)?.items
}

/** The forms that a group may have. */
export function formsOf({ anyOf = [] }: FormSchema): readonly FormSchema[] {
  return anyOf.filter(({ properties }) => properties !== undefined)
}

/** The form that a value has: its telling keys are among those of the form. */
export function formOf(schema: FormSchema, value: unknown): FormSchema {
  const forms = formsOf(schema)
  const telling = schema['x-telling-keys'] ?? []
  const fits = ({ properties = {} }: FormSchema): boolean =>
    telling.every((key) => {
      const told = asGroup(value)[key] ?? properties[key]?.default
      return told === undefined || (properties[key]?.enum ?? []).some((one) => one === told)
    })
  return forms.find(fits) ?? forms[0] ?? {}
}

/** The words that tell a form from the others. */
export function titleOf(schema: FormSchema, form: FormSchema): string {
  const words = (schema['x-telling-keys'] ?? []).flatMap(
    (key) => form.properties?.[key]?.enum ?? [],
  )
  return words.join(', ')
}

/** A value to begin a form with: what is written, and defaults where nothing is. */
export function initialOf(schema: FormSchema, value: unknown): unknown {
  switch (shapeOf(schema)) {
    case Shape.GROUP:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, part]) => {
          return [key, initialOf(part, asGroup(value)[key])]
        }),
      )
    case Shape.FORMS: {
      const form = formOf(schema, value)
      const told = (schema['x-telling-keys'] ?? []).map((key) => {
        return [key, form.properties?.[key]?.enum?.[0]] as const
      })
      return initialOf(form, { ...Object.fromEntries(told), ...asGroup(value) })
    }
    case Shape.GROUP_LIST: {
      const items = itemsOf(schema) ?? {}
      return asList(value ?? schema.default).map((item) => initialOf(items, item))
    }
    default:
      return value ?? schema.default
  }
}

/**
 * What the API gets: keys of the specification, without those that say no more than the default
 * does. Undefined: nothing has to be said.
 */
export function writtenOf(schema: FormSchema, value: unknown): unknown {
  switch (shapeOf(schema)) {
    case Shape.GROUP:
      return writtenGroup(schema, value, [])
    case Shape.FORMS:
      return writtenGroup(formOf(schema, value), value, schema['x-telling-keys'] ?? [])
    case Shape.GROUP_LIST: {
      const items = itemsOf(schema) ?? {}
      const list = asList(value).map((item) => writtenOf(items, item) ?? {})
      return isSame(list, schema.default ?? []) ? undefined : list
    }
    default: {
      const isNothing = value === undefined || value === null
      const isEmpty = value === '' && schema.default === undefined
      return isNothing || isEmpty || isSame(value, schema.default) ? undefined : value
    }
  }
}

function writtenGroup(schema: FormSchema, value: unknown, telling: readonly string[]): unknown {
  const entries = Object.entries(schema.properties ?? {}).flatMap(([key, part]) => {
    const given = asGroup(value)[key]
    const written = telling.includes(key) ? given : writtenOf(part, given)
    return written === undefined ? [] : [[key, written] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** Whether a key below has to be filled in. */
export function hasRequired(schema: FormSchema): boolean {
  if ((schema.required ?? []).length > 0) return true
  const parts = [...Object.values(schema.properties ?? {}), ...formsOf(schema)]
  return parts.some(hasRequired)
}

function asGroup(value: unknown): Group {
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isGroup ? (value as Group) : {}
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
