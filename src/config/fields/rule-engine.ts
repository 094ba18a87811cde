/** `rule_engine.*`. */
import {
  anything,
  bool,
  duration,
  int,
  list,
  map,
  object,
  oneOf,
  string,
  variant,
} from '../field.ts'

const SQL_CHARS_MAX = 65_536
const TOPIC_CHARS_MAX = 65_535

/** A value of a republished message: fixed, or made from the output. */
function template(text: string, written: string) {
  return string({ text, default: written })
}

const republish = object(
  {
    function: oneOf(['republish'], { text: 'Publishes a message.', required: true }),
    args: object(
      {
        topic: string({
          text: 'Topic; may hold places such as `${clientid}`, which are parts of the output.',
          lengthMax: TOPIC_CHARS_MAX,
          required: true,
        }),
        payload: template('Payload; empty: the whole output as JSON.', '${payload}'),
        qos: template('QoS; what is missing or no QoS is 0.', '${qos}'),
        retain: template('Retain flag; what is missing is `false`.', '${retain}'),
        user_properties: template(
          "A place with a map. `${pub_props.'User-Property'}` keeps those of the message.",
          '${user_properties}',
        ),
        mqtt_properties: map(string({ text: 'Value; may hold places.' }), {
          text:
            'Properties of MQTT 5: `Payload-Format-Indicator`, `Message-Expiry-Interval`, ' +
            '`Content-Type`, `Response-Topic`, `Correlation-Data`.',
          keyLabel: 'property',
          entriesMax: 5,
          default: {},
        }),
        direct_dispatch: bool({
          text: 'Bring it to subscribers only: it is not retained, delayed or seen by rules.',
          default: false,
        }),
      },
      { text: 'What is published.' },
    ),
  },
  { text: 'Publishes a message made from the output.' },
)

const console = object(
  { function: oneOf(['console'], { text: 'Writes to the log.', required: true }) },
  { text: 'Writes each output to the log.' },
)

const action = object(
  { action: string({ text: 'Id of an action: `type:name`.', required: true }) },
  { text: 'Hands each output to an action; written as a plain text.' },
)

const rule = object(
  {
    name: string({ text: 'Name for people.', lengthMax: 1024, default: '' }),
    sql: string({
      text: 'What the rule reads and gives.',
      lengthMax: SQL_CHARS_MAX,
      required: true,
    }),
    actions: list(
      variant(['function'], [republish, console, action], {
        text: 'One action.',
        textKey: 'action',
      }),
      { text: 'What is done with each output.', itemsMax: 64, default: [] },
    ),
    enable: bool({ text: 'Run the rule.', default: true }),
    description: string({ text: 'Remarks of the owner.', lengthMax: 65_536, default: '' }),
    dead_letter_topic: string({
      text:
        'Topic to which a record is published, QoS 1, when the SQL or an action fails for it. ' +
        'Empty: nowhere.',
      lengthMax: TOPIC_CHARS_MAX,
      default: '',
    }),
    wait_for_actions: bool({
      text:
        'A message of QoS 1 is acknowledged when every action has delivered it, or has it on ' +
        'disk. When one drops it, the client is told so, and may send it again.',
      default: false,
    }),
    metadata: anything({
      text: 'Data of whoever made the rule; kept and shown, without effect.',
      default: {},
      example: { made_by: 'plant 3' },
    }),
    created_at: int({
      text: 'When it was made, in ms since 1970; set by the REST API. 0: not known.',
      min: 0,
      default: 0,
    }),
    last_modified_at: int({
      text: 'When it was changed, in ms since 1970; set by the REST API. 0: not known.',
      min: 0,
      default: 0,
    }),
  },
  { text: 'One rule.' },
)

export const ruleEngine = object(
  {
    ignore_sys_message: bool({
      text: 'Rules do not see messages under `$SYS/`.',
      default: true,
    }),
    jq_function_default_timeout: duration({
      text: 'Longest time of a jq program whose call names no limit.',
      min: 1,
      max: 60_000,
      default: '10s',
    }),
    rules: map(rule, {
      text: 'Rules by their id.',
      keyLabel: 'id',
      entriesMax: 10_000,
      default: {},
      example: {
        alarm: {
          sql: 'SELECT payload.t as t, clientid FROM "sensors/#" WHERE payload.t > 80',
          actions: [{ function: 'republish', args: { topic: 'alarms/${clientid}' } }],
        },
      },
    }),
  },
  { text: 'Rules: SQL over messages and events.', hot: 'live' },
)
