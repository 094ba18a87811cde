/** `schema_validation.*` and `message_transformation.*`. */
import { bool, list, object, oneOf, string, variant } from '../field.ts'

const NAME_CHARS_MAX = 255
const STEPS_MAX = 1_000

const schema = string({ text: 'Name of the schema.', required: true })
const messageType = string({ text: 'Type of the message.', required: true })

const sqlCheck = object(
  {
    type: oneOf(['sql'], { text: 'A statement without FROM.', default: 'sql' }),
    sql: string({
      text: 'Passes if it has a result: `SELECT payload.t AS t WHERE t > 0`.',
      lengthMax: 65_536,
      required: true,
    }),
  },
  { text: 'Checks with a statement.' },
)
const schemaCheck = object(
  { type: oneOf(['json', 'avro'], { text: 'Language of the schema.', required: true }), schema },
  { text: 'Checks against a schema.' },
)
const protobufCheck = object(
  {
    type: oneOf(['protobuf'], { text: 'Language of the schema.', required: true }),
    schema,
    message_type: messageType,
  },
  { text: 'Checks against a message type of Protobuf.' },
)

function serde(text: string) {
  return object(
    {
      type: oneOf(['none', 'json', 'avro', 'protobuf'], { text: 'Language.', default: 'none' }),
      schema: string({ text: 'Name of the schema, for Avro and Protobuf.', default: '' }),
      message_type: string({ text: 'Type of the message, for Protobuf.', default: '' }),
    },
    { text },
  )
}

const common = {
  name: string({
    text: 'Name, one of its own.',
    lengthMax: NAME_CHARS_MAX,
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_-]*$/,
    patternText: 'letters, digits, `_` and `-`',
    required: true,
  }),
  enable: bool({ text: 'Do it.', default: true }),
  tags: list(string({ text: 'A word.' }), {
    text: 'Words of the owner, without effect.',
    itemsMax: 100,
    default: [],
  }),
  description: string({ text: 'Remarks of the owner.', lengthMax: 65_536, default: '' }),
  topics: list(string({ text: 'Topic filter.' }), {
    text: 'Topic filters of the messages that it concerns.',
    itemsMax: 1_000,
    commaSeparated: true,
    required: true,
  }),
  failure_action: oneOf(['drop', 'disconnect', 'ignore'], {
    text: 'What is done with a message that fails, or with its publisher.',
    required: true,
  }),
  log_failure: object(
    {
      level: oneOf(
        ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency', 'none'],
        { text: 'Level of the log line; `none`: no line.', default: 'info' },
      ),
    },
    { text: 'How failures are logged; at most once a second.' },
  ),
}

const validation = object(
  {
    ...common,
    strategy: oneOf(['all_pass', 'any_pass'], {
      text: 'Whether all checks must pass, or one of them.',
      required: true,
    }),
    checks: list(
      variant(['type'], [sqlCheck, schemaCheck, protobufCheck], { text: 'One check.' }),
      { text: 'Checks of the payload.', itemsMax: 100, required: true },
    ),
  },
  { text: 'One validation.' },
)

const operation = object(
  {
    key: string({
      text: '`payload`, `payload.<path>`, `topic`, `qos`, `retain` or `user_property.<name>`.',
      required: true,
    }),
    value: string({ text: 'An expression: what it becomes.', lengthMax: 65_536, required: true }),
  },
  { text: 'Sets a part of the message.' },
)

const transformation = object(
  {
    ...common,
    payload_decoder: serde('How the payload is read before.'),
    payload_encoder: serde('How the payload is written afterwards.'),
    operations: list(operation, {
      text: 'What is changed, in this order.',
      itemsMax: 1_000,
      default: [],
    }),
  },
  { text: 'One transformation.' },
)

export const schemaValidation = object(
  {
    validations: list(validation, {
      text: 'Checks of messages before they are routed, in this order.',
      itemsMax: STEPS_MAX,
      default: [],
      example: [
        {
          name: 'plausible',
          topics: ['sensors/#'],
          strategy: 'all_pass',
          failure_action: 'drop',
          checks: [{ type: 'sql', sql: 'SELECT payload.t AS t WHERE t > -50' }],
        },
      ],
    }),
  },
  { text: 'Validation of messages.', hot: 'live' },
)

export const messageTransformation = object(
  {
    transformations: list(transformation, {
      text: 'Changes of messages before they are routed, after validation, in this order.',
      itemsMax: STEPS_MAX,
      default: [],
      example: [
        {
          name: 'by_client',
          topics: ['in/#'],
          failure_action: 'drop',
          operations: [{ key: 'topic', value: "concat([topic, '/', clientid])" }],
        },
      ],
    }),
  },
  { text: 'Transformation of messages.', hot: 'live' },
)
