/** Functions of the schema registry and of Sparkplug B. */
import type { FunctionContext, Schema } from '#plugin/define-function.ts'
import { arg, defineFunction, optional } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import { completePayload, simplifyPayload } from '../schemas/sparkplug-metrics.ts'
import { SPARKPLUG_PAYLOAD, sparkplugSchema } from '../schemas/sparkplug-b.ts'

const MESSAGE_TYPE = 'Type of the message, for Protobuf.'

function schemaOf({ services }: FunctionContext, name: string): Schema {
  const schema = services.schemas.find(name)
  if (schema === undefined) throw new TypeError(`there is no schema ${name}`)
  return schema
}

function isBytes(value: Value): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value)
}

function fits(schema: Schema, data: Value, messageType: string | undefined): boolean {
  try {
    if (isBytes(data)) schema.decode(Buffer.from(data), messageType)
    else schema.encode(data, messageType)
    return true
  } catch {
    return false
  }
}

const registryFunctions = [
  defineFunction({
    name: 'schema_decode',
    category: 'schema',
    arguments: [
      arg('schema', 'string', 'Its name in the registry.'),
      arg('data', 'bytes'),
      optional('message_type', 'string', MESSAGE_TYPE),
    ],
    result: 'any',
    text:
      'The value that bytes stand for by a schema of the registry: Avro in its binary encoding, ' +
      'Protobuf, or JSON that a JSON Schema checks. Fails when they do not fit.',
    examples: [
      {
        sql: "schema_decode('person_avro', hexstr2bin('064164614803'))",
        gives: { name: 'Ada', age: 36, born: -2 },
      },
      {
        sql: "schema_decode('person_proto', hexstr2bin('0A034164611024'), 'Person')",
        gives: { name: 'Ada', id: 36, phones: [], kind: 'UNKNOWN' },
      },
      { sql: 'schema_decode(\'person_json\', \'{"name": "Ada"}\')', gives: { name: 'Ada' } },
      { sql: "schema_decode('person_json', '{\"name\": 1}')", fails: '/name must be string' },
      { sql: "schema_decode('nothing', 'x')", fails: 'there is no schema nothing' },
    ],
    callIn: (context, schema, data, messageType) => {
      return schemaOf(context, schema).decode(data, messageType)
    },
  }),
  defineFunction({
    name: 'schema_encode',
    category: 'schema',
    arguments: [
      arg('schema', 'string', 'Its name in the registry.'),
      arg('data', 'any'),
      optional('message_type', 'string', MESSAGE_TYPE),
    ],
    result: 'bytes',
    text: 'The bytes of a value by a schema of the registry. Fails when it does not fit.',
    examples: [
      {
        sql: "bin2hexstr(schema_encode('person_avro', json_decode(payload)))",
        given: { payload: '{"name": "Ada", "age": 36, "born": -2}' },
        gives: '064164614803',
      },
      {
        sql: "bin2hexstr(schema_encode('person_proto', json_decode(payload), 'Person'))",
        given: { payload: '{"name": "Ada", "id": 36}' },
        gives: '0A034164611024',
      },
      {
        sql: "str(schema_encode('person_json', map_put('name', 'Ada', map_new())))",
        gives: '{"name":"Ada"}',
      },
      {
        sql: "schema_encode('person_proto', map_put('id', 'x', map_new()), 'Person')",
        fails: 'Person.id must be an integer',
      },
      {
        sql: "schema_encode('person_avro', map_put('name', 'Ada', map_new()))",
        fails: 'does not fit the Avro schema: age',
      },
    ],
    callIn: (context, schema, data, messageType) => {
      return schemaOf(context, schema).encode(data, messageType)
    },
  }),
  defineFunction({
    name: 'schema_check',
    category: 'schema',
    arguments: [
      arg('schema', 'string', 'Its name in the registry.'),
      arg('data', 'any'),
      optional('message_type', 'string', MESSAGE_TYPE),
    ],
    result: 'boolean',
    text:
      'Whether text or bytes can be decoded by a schema of the registry, or another value be ' +
      'encoded by it.',
    examples: [
      { sql: "schema_check('person_json', payload)", given: { payload: '{}' }, gives: false },
      { sql: 'schema_check(\'person_json\', \'{"name": "Ada"}\')', gives: true },
      { sql: "schema_check('person_avro', map_new())", gives: false },
      {
        sql: "schema_check('person_proto', map_put('name', 'Ada', map_new()), 'Person')",
        gives: true,
      },
    ],
    callIn: (context, schema, data, messageType) => {
      return fits(schemaOf(context, schema), data, messageType)
    },
  }),
]

const METRIC = '{"metrics": [{"name": "t", "datatype": 2, "int_value": 4294967295}], "seq": 7}'
const SIMPLE = '{"metrics": [{"name": "t", "datatype": "Int16", "value": -1}], "seq": 7}'
const METRIC_HEX = '120B0A0174200250FFFFFFFF0F1807'
const dataArguments = [
  arg('data', 'map'),
  optional('message', 'string', 'Type of the message; `Payload` if it is absent.'),
] as const
const bytesArguments = [
  arg('data', 'bytes'),
  optional('message', 'string', 'Type of the message; `Payload` if it is absent.'),
] as const

const sparkplugFunctions = [
  defineFunction({
    name: 'sparkplug_decode',
    category: 'schema',
    arguments: bytesArguments,
    result: 'map',
    text: 'The fields of a payload of Sparkplug B, as on the wire.',
    examples: [
      {
        sql: `json_encode(sparkplug_decode(hexstr2bin('${METRIC_HEX}')))`,
        gives: '{"metrics":[{"name":"t","datatype":2,"int_value":4294967295}],"seq":7}',
      },
    ],
    call: (data, message = SPARKPLUG_PAYLOAD) => sparkplugSchema().decode(data, message),
  }),
  defineFunction({
    name: 'sparkplug_encode',
    category: 'schema',
    arguments: dataArguments,
    result: 'bytes',
    text: 'The bytes of a payload of Sparkplug B, from its fields as on the wire.',
    examples: [
      {
        sql: `bin2hexstr(sparkplug_encode(json_decode('${METRIC}')))`,
        gives: METRIC_HEX,
      },
      {
        sql: `sparkplug_encode(json_decode('{"seq": "x"}'))`,
        fails: 'Payload.seq must be an integer',
      },
    ],
    call: (data, message = SPARKPLUG_PAYLOAD) => sparkplugSchema().encode(data, message),
  }),
  defineFunction({
    name: 'spb_decode',
    category: 'schema',
    arguments: bytesArguments,
    result: 'map',
    text:
      'As `sparkplug_decode`, but each metric has its value in `value`, negative numbers as ' +
      'such, and the name of its type in `datatype`.',
    examples: [
      {
        sql: `spb_decode(hexstr2bin('${METRIC_HEX}'))`,
        gives: { metrics: [{ name: 't', datatype: 'Int16', value: -1 }], seq: 7 },
      },
    ],
    call: (data, message = SPARKPLUG_PAYLOAD) => {
      return simplifyPayload(sparkplugSchema().decode(data, message))
    },
  }),
  defineFunction({
    name: 'spb_encode',
    category: 'schema',
    arguments: dataArguments,
    result: 'bytes',
    text: 'As `sparkplug_encode`, from what `spb_decode` gives.',
    examples: [
      { sql: `bin2hexstr(spb_encode(json_decode('${SIMPLE}')))`, gives: METRIC_HEX },
      {
        sql: `spb_encode(json_decode('{"metrics": [{"name": "t", "value": 1}]}'))`,
        fails: 'metric t needs a datatype',
      },
    ],
    call: (data, message = SPARKPLUG_PAYLOAD) => {
      return sparkplugSchema().encode(completePayload(data), message)
    },
  }),
]

export const schemaFunctions = [...registryFunctions, ...sparkplugFunctions]
