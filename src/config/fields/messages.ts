/** `retainer.*`, `delayed.*`, `auto_subscribe.*` and `rewrite`. */
import { compilePattern } from '#kernel/text-pattern.ts'
import { bool, bytes, duration, int, list, object, oneOf, rate, string } from '../field.ts'
import { checkPlaceholders } from './topic-checks.ts'

export const retainer = object(
  {
    enable: bool({ text: 'Keep retained messages.', default: true }),
    msg_expiry_interval: duration({
      text: 'Life of a retained message that says none itself. `0s`: it does not end.',
      default: '0s',
    }),
    msg_clear_interval: duration({
      text:
        'How often expired messages are removed from the store. `0s`: every 15 minutes. They ' +
        'are not delivered in any case.',
      default: '0s',
    }),
    max_payload_size: bytes({
      text: 'A message with a larger payload is delivered but not kept. 0 sets no limit.',
      default: '1MB',
    }),
    stop_publish_clear_msg: bool({
      text: 'A message without payload that removes a retained one is not delivered.',
      default: false,
    }),
    delivery_rate: rate({
      text: 'Retained messages delivered to one new subscription per time.',
      of: 'items',
      default: '1000/s',
    }),
    backend: object(
      {
        max_retained_messages: int({
          text: 'Retained messages kept; new topics are refused above it. 0 sets no limit.',
          unit: 'messages',
          min: 0,
          default: 0,
        }),
        max_total_bytes: bytes({
          text:
            'Bytes of all retained messages, with topics and properties; what would add to more ' +
            'is refused. 0 sets no limit.',
          default: 0,
        }),
      },
      { text: 'How many are kept.' },
    ),
  },
  { text: 'Retained messages.', hot: 'live' },
)

export const delayed = object(
  {
    enable: bool({
      text:
        'Accept `$delayed/<seconds>/<topic>`, with at most 4294967 seconds. A larger number is ' +
        'the time to publish at, in seconds since 1970.',
      default: true,
    }),
    max_delayed_messages: int({
      text: 'Messages that may wait. 0 sets no limit.',
      unit: 'messages',
      min: 0,
      default: 0,
    }),
  },
  { text: 'Delayed messages.', hot: 'live' },
)

export const autoSubscribe = object(
  {
    topics: list(
      object(
        {
          topic: string({
            text: 'Filter; may hold `${clientid}`, `${username}`, `${host}` and `${port}`.',
            check: (text) => checkPlaceholders(text, ['clientid', 'username', 'host', 'port']),
            lengthMax: 65_535,
            required: true,
          }),
          qos: oneOf([0, 1, 2], { text: 'QoS.', default: 0 }),
          rh: oneOf([0, 1, 2], { text: 'Retain handling.', default: 0 }),
          rap: oneOf([0, 1], { text: 'Retain as published.', default: 0 }),
          nl: oneOf([0, 1], { text: 'No local.', default: 0 }),
        },
        { text: 'One subscription.' },
      ),
      {
        text: 'Subscriptions that every client gets when it connects.',
        itemsMax: 30,
        default: [],
        example: [{ topic: 'device/${clientid}/commands', qos: 1 }],
      },
    ),
  },
  { text: 'Subscriptions made by the server.', hot: 'new-connections' },
)

/** What is wrong with a regular expression, or undefined. */
function checkRegularExpression(text: string): string | undefined {
  try {
    compilePattern(text)
    return undefined
  } catch (error) {
    return `is not a regular expression that can be used: ${(error as Error).message}`
  }
}

export const rewrite = list(
  object(
    {
      action: oneOf(['publish', 'subscribe', 'all'], {
        text: 'Which packets it concerns.',
        required: true,
      }),
      source_topic: string({ text: 'Filter that the topic must match.', required: true }),
      re: string({
        text: 'Regular expression (syntax of RE2) that the topic must match.',
        check: checkRegularExpression,
        lengthMax: 4096,
        required: true,
      }),
      dest_topic: string({
        text: 'New topic; may hold `$1` … `$N`, `${clientid}` and `${username}`.',
        required: true,
      }),
    },
    { text: 'One rule.' },
  ),
  {
    text: 'Rules that change topics. The first rule whose filter matches decides.',
    hot: 'live',
    itemsMax: 30,
    default: [],
    example: [{ action: 'all', source_topic: 'x/#', re: '^x/y/(.+)$', dest_topic: 'z/y/$1' }],
  },
)
