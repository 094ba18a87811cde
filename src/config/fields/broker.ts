/** `broker.*`, `sys_topics.*` and the switches that stand at the root. */
import { bool, duration, map, object, oneOf } from '../field.ts'
import { TIMER_MS_MAX } from '../units.ts'
import { SHARED_STRATEGIES, STICKY_PICKS } from './mqtt.ts'

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

export const sysTopics = object(
  {
    sys_msg_interval: duration({
      text: 'How often version, description, statistics and counters are published.',
      words: ['disabled'],
      min: 1000,
      max: TIMER_MS_MAX,
      default: '1m',
    }),
    sys_heartbeat_interval: duration({
      text: 'How often uptime and time are published.',
      words: ['disabled'],
      min: 1000,
      max: TIMER_MS_MAX,
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
