/** `schema_registry.*`. */
import { map, object, oneOf, string } from '../field.ts'

const SOURCE_CHARS_MAX = 1_048_576

const schema = object(
  {
    type: oneOf(['avro', 'protobuf', 'json'], {
      text: 'Language of the schema.',
      required: true,
      example: 'json',
    }),
    source: string({
      text: 'JSON of an Avro schema or a JSON Schema, or the text of a `.proto` file.',
      lengthMax: SOURCE_CHARS_MAX,
      required: true,
      example: '{"type": "object"}',
    }),
    description: string({ text: 'Remarks of the owner.', lengthMax: 65_536, default: '' }),
  },
  { text: 'One schema.' },
)

export const schemaRegistry = object(
  {
    schemas: map(schema, {
      text: 'Schemas by their names, for functions of rules, validations and transformations.',
      keyLabel: 'name',
      entriesMax: 10_000,
      default: {},
      example: { point: { type: 'json', source: '{"type": "object", "required": ["x", "y"]}' } },
    }),
  },
  { text: 'Schemas of payloads.', hot: 'live' },
)
