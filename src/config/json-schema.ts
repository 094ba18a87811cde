/** JSON schema (2020-12) of the written form of a description, for editors and REST clients. */
import { describe } from './decode-scalar.ts'
import type { Field, FieldSpec, Hot, VariantSpec } from './field.ts'
import type { Plain } from './hocon/value.ts'
import { type Language, translate } from './translate.ts'

type Schema = { readonly [key: string]: Plain }

const NUMBER_OR_TEXT = ['string', 'number']

/** What holds for a key and all below it, unless they say otherwise. */
interface Setting {
  readonly hot: Hot
  readonly language: Language
}

/**
 * The schema of a description. For forms, `x-hot` says when a change of a key takes effect,
 * `x-lines` that a text has several lines, and `x-telling-keys` which keys tell forms apart.
 */
export function jsonSchema(field: Field, language: Language = 'en'): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...schemaOf(field, { hot: field.hot ?? 'restart-node', language }),
  }
}

function schemaOf(field: FieldSpec, above: Setting): Schema {
  const setting = { ...above, hot: field.hot ?? above.hot }
  const base: Schema = {
    description: translate(field.text, setting.language),
    'x-hot': setting.hot,
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.example === undefined ? {} : { examples: [field.example] }),
  }
  const shape = shapeOf(field, setting)
  const words = 'words' in field ? (field.words ?? []) : []
  return words.length === 0
    ? { ...base, ...shape }
    : { ...base, anyOf: [shape, { type: 'string', enum: words }] }
}

function shapeOf(field: FieldSpec, setting: Setting): Schema {
  switch (field.kind) {
    case 'bool':
      return { type: 'boolean' }
    case 'int':
      return { type: 'integer', ...range(field), ...unit(field.unit) }
    case 'number':
      return { type: 'number', ...range(field), ...unit(field.unit) }
    case 'percent':
    case 'duration':
    case 'bytes':
    case 'rate':
      return { type: NUMBER_OR_TEXT, 'x-format': field.kind, 'x-form': describe(field) }
    case 'oneOf':
      return { enum: field.values }
    case 'string':
      return {
        type: 'string',
        ...(field.lengthMax === undefined ? {} : { maxLength: field.lengthMax }),
        ...(field.pattern === undefined ? {} : { pattern: field.pattern.source }),
        ...(field.lines === undefined ? {} : { 'x-lines': field.lines }),
      }
    case 'secret':
      return { type: 'string', writeOnly: true }
    case 'any':
      return {}
    case 'list': {
      const items: Schema = {
        type: 'array',
        items: schemaOf(field.item, setting),
        maxItems: field.itemsMax,
      }
      return field.commaSeparated === true ? { anyOf: [items, { type: 'string' }] } : items
    }
    case 'map':
      return {
        type: 'object',
        additionalProperties: schemaOf(field.value, setting),
        maxProperties: field.entriesMax,
      }
    case 'object':
      return objectShape(field, setting)
    case 'variant':
      return {
        anyOf: [...textForm(field), ...field.forms.map((form) => schemaOf(form, setting))],
        'x-telling-keys': field.tellingKeys,
      }
  }
}

function textForm({ textKey }: VariantSpec): readonly Schema[] {
  return textKey === undefined ? [] : [{ type: 'string' }]
}

function objectShape(field: FieldSpec & { readonly kind: 'object' }, setting: Setting): Schema {
  const properties: Record<string, Plain> = {}
  const required: string[] = []
  for (const [key, child] of Object.entries(field.fields)) {
    properties[key] = schemaOf(child, setting)
    if (child.required) required.push(key)
  }
  const obliged = required.length === 0 ? {} : { required }
  return { type: 'object', properties, additionalProperties: false, ...obliged }
}

function range(field: { readonly min?: number; readonly max?: number }): Schema {
  return {
    ...(field.min === undefined ? {} : { minimum: field.min }),
    ...(field.max === undefined ? {} : { maximum: field.max }),
  }
}

function unit(name: string | undefined): Schema {
  return name === undefined ? {} : { 'x-unit': name }
}
