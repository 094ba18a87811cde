/** What the JSON schema of the configuration says of a key, and of all keys below it. */
export interface FormSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number
  readonly maximum?: number
  /** A secret: it comes back hidden. */
  readonly writeOnly?: boolean
  readonly pattern?: string
  readonly maxLength?: number
  readonly properties?: Readonly<Record<string, FormSchema>>
  /** Keys of a group that must be there. */
  readonly required?: readonly string[]
  readonly additionalProperties?: FormSchema | boolean
  readonly items?: FormSchema
  readonly anyOf?: readonly FormSchema[]
  readonly 'x-unit'?: string
  readonly 'x-format'?: string
  readonly 'x-lines'?: boolean
  /** Keys whose values say which of the forms a group has. */
  readonly 'x-telling-keys'?: readonly string[]
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
  /** Words or numbers in an order. */
  WORD_LIST: 'word-list',
  /** Texts or numbers under names that people choose. */
  NAMED_VALUES: 'named-values',
  /** Groups under names that people choose. */
  NAMED_GROUPS: 'named-groups',
  VALUE: 'value',
} as const
export type Shape = (typeof Shape)[keyof typeof Shape]

/** A group with its name in a form: while it is written, the name may be empty, or there twice. */
export type NamedGroup = readonly [name: string, group: unknown]

/** Shapes that hold keys with names of their own, at some depth. */
const WITH_KEYS: ReadonlySet<Shape> = new Set([
  Shape.GROUP,
  Shape.FORMS,
  Shape.GROUP_LIST,
  Shape.NAMED_GROUPS,
])

/** Whether there are keys with names of their own in what a key holds. */
export function holdsKeys(schema: FormSchema): boolean {
  return WITH_KEYS.has(shapeOf(schema))
}

/** What a key holds. */
export function shapeOf(schema: FormSchema): Shape {
  if (schema.properties !== undefined) return Shape.GROUP
  if (schema['x-telling-keys'] !== undefined) return Shape.FORMS
  const items = itemsOf(schema)
  if (items !== undefined) return holdsKeys(items) ? Shape.GROUP_LIST : Shape.WORD_LIST
  const named = namedOf(schema)
  if (['string', 'integer'].includes(String(named.type))) return Shape.NAMED_VALUES
  if (named !== NOTHING && holdsKeys(named)) return Shape.NAMED_GROUPS
  return Shape.VALUE
}

/** What the items of a list are. */
export function itemsOf(schema: FormSchema): FormSchema | undefined {
  return schema.items ?? schema.anyOf?.find(({ items }) => items !== undefined)?.items
}

/** What stands under the names of a group whose names people choose. */
export function namedOf({ additionalProperties: named }: FormSchema): FormSchema {
  return typeof named === 'object' ? named : NOTHING
}

const NOTHING: FormSchema = {}

/** The forms that a group may have. */
export function formsOf({ anyOf = [] }: FormSchema): readonly FormSchema[] {
  return anyOf.filter(({ properties }) => properties !== undefined)
}

/** The forms in which some telling keys are settled already; these keys are not asked for. */
export function formsWith(
  schema: FormSchema,
  settled: Readonly<Record<string, string>>,
): FormSchema {
  const isLeft = (key: string): boolean => settled[key] === undefined
  const forms = formsOf(schema).filter(({ properties = {} }) =>
    Object.entries(settled).every(([key, word]) => properties[key]?.enum?.includes(word)),
  )
  return {
    ...schema,
    'x-telling-keys': (schema['x-telling-keys'] ?? []).filter(isLeft),
    anyOf: forms.map((form) => ({
      ...form,
      properties: Object.fromEntries(
        Object.entries(form.properties ?? {}).filter(([key]) => isLeft(key)),
      ),
    })),
  }
}

/** A form of a group with the words that tell it from the others. */
export interface Choice {
  readonly form: FormSchema
  readonly told: Readonly<Record<string, string | number>>
  readonly title: string
}

/** Every form, once for each of its telling words. */
export function choicesOf(schema: FormSchema): readonly Choice[] {
  const telling = schema['x-telling-keys'] ?? []
  return formsOf(schema).flatMap((form) => {
    const tellings = telling.reduce<readonly Choice['told'][]>(
      (all, key) => {
        const words = form.properties?.[key]?.enum
        return words === undefined
          ? all
          : all.flatMap((told) => words.map((word) => ({ ...told, [key]: word })))
      },
      [{}],
    )
    return tellings.map((told) => ({ form, told, title: titleOf(told) }))
  })
}

function titleOf(told: Choice['told']): string {
  const words = Object.entries(told).filter(([, word]) => word !== 'false')
  return words.map(([key, word]) => (word === 'true' ? key : word)).join(', ')
}

/** The choice that a value has made; the first one as long as it says nothing. */
export function choiceOf(schema: FormSchema, value: unknown): Choice {
  const choices = choicesOf(schema)
  const fits = ({ form, told }: Choice): boolean =>
    (schema['x-telling-keys'] ?? []).every((key) => {
      const said = asGroup(value)[key] ?? form.properties?.[key]?.default
      return said === undefined || said === told[key]
    })
  return choices.find(fits) ?? choices[0] ?? { form: {}, told: {}, title: '' }
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
      const { form, told } = choiceOf(schema, value)
      return initialOf(form, { ...told, ...asGroup(value) })
    }
    case Shape.GROUP_LIST: {
      const items = itemsOf(schema) ?? {}
      return asList(value ?? schema.default).map((item) => initialOf(items, item))
    }
    case Shape.NAMED_GROUPS: {
      const named = Object.entries(asGroup(value ?? schema.default))
      const groups = named.filter(([, group]) => group !== null)
      return groups.map(([name, group]): NamedGroup => [name, initialOf(namedOf(schema), group)])
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
      return writtenGroup(choiceOf(schema, value).form, value, schema['x-telling-keys'] ?? [])
    case Shape.GROUP_LIST: {
      const items = itemsOf(schema) ?? {}
      const list = asList(value).map((item) => writtenOf(items, item) ?? {})
      return isSame(list, schema.default ?? []) ? undefined : list
    }
    case Shape.NAMED_GROUPS: {
      const named = (asList(value) as readonly NamedGroup[]).filter(([name]) => name !== '')
      const groups = Object.fromEntries(
        named.map(([name, group]) => [name, writtenOf(namedOf(schema), group) ?? {}]),
      )
      return isSame(groups, schema.default ?? {}) ? undefined : groups
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

/** A value as one writes it into a text. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
