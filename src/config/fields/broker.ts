/** `broker.*`, `sys_topics.*`, `zones.*` and the switches that stand at the root. */
import { bool, duration, map, object, oneOf, partial } from '../field.ts'
import { mqttFields, SHARED_STRATEGIES, STICKY_PICKS } from './mqtt.ts'

export const allowAnonymous = bool({
  text:
    'Accept clients from other hosts although no authenticator exists. While this is false and ' +
    'there is no authenticator, only clients on this host are accepted.',
  hot: 'new-connections',
  default: false,
})

export const broker = object(
  {
    shared_subscription_group: map(
      object(
        {
          strategy: oneOf(SHARED_STRATEGIES, {
            text: 'How a member of this group is chosen.',
            default: 'random',
          }),
          initial_sticky_pick: oneOf(STICKY_PICKS, {
            text: 'How the `sticky` strategy chooses its first member.',
            default: 'random',
          }),
        },
        { text: 'One group.' },
      ),
      {
        text: 'Strategies of single groups of shared subscriptions.',
        keyLabel: 'group',
        entriesMax: 10_000,
        default: {},
      },
    ),
  },
  { text: 'Dispatching.', hot: 'live' },
)

const ZONE_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/

export const zones = map(
  object(
    {
      mqtt: object(partial(mqttFields), {
        text: 'Every key of `mqtt` may stand here; what is absent keeps the value of `mqtt`.',
      }),
    },
    { text: 'One zone.' },
  ),
  {
    text: 'Settings for the clients of the listeners that name the zone.',
    hot: 'new-connections',
    keyLabel: 'zone',
    keyPattern: ZONE_NAME,
    entriesMax: 1000,
    default: {},
  },
)

export const sysTopics = object(
  {
    sys_msg_interval: duration({
      text: 'How often version, description, statistics and counters are published.',
      words: ['disabled'],
      min: 1000,
      default: '1m',
    }),
    sys_heartbeat_interval: duration({
      text: 'How often uptime and time are published.',
      words: ['disabled'],
      min: 1000,
      default: '30s',
    }),
    sys_event_messages: object(
      {
        client_connected: bool({ text: 'A client has connected.', default: true }),
        client_disconnected: bool({ text: 'A client has gone.', default: true }),
        client_subscribed: bool({ text: 'A client has subscribed.', default: false }),
        client_unsubscribed: bool({ text: 'A client has unsubscribed.', default: false }),
      },
      { text: 'Which events of clients are published under `$SYS/brokers/<node>/clients/`.' },
    ),
  },
  { text: 'Topics under `$SYS/brokers/<node>/`.', hot: 'live' },
)
