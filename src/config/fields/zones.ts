/** `zones.*`: settings of the clients of some listeners. */
import { bool, map, object, overriding } from '../field.ts'
import { mqtt } from './mqtt.ts'
import { flappingDetect, forceShutdown } from './protection.ts'

const zone = object(
  {
    mqtt: overriding(mqtt, {
      text: 'Limits and behaviour of MQTT sessions in this zone.',
      // How members of shared subscriptions are chosen holds for all clients.
      without: ['shared_subscription_strategy', 'shared_subscription_initial_sticky_pick'],
    }),
    flapping_detect: overriding(flappingDetect, {
      text: 'How clients of this zone that come and go again and again are banned.',
    }),
    force_shutdown: overriding(forceShutdown, {
      text: 'When connections of this zone are ended because of what they hold.',
    }),
    overload_protection: object(
      {
        enable: bool({ text: 'Mind the overload of a shard.', example: true }),
        backoff_new_conn: bool({
          text: 'Refuse new connections (0x89) of this zone while a shard is overloaded.',
          example: true,
        }),
      },
      {
        text: 'Whether new connections of this zone are refused in times of overload.',
        hot: 'live',
      },
    ),
  },
  { text: 'One zone. What is not written is as in the general settings of the same name.' },
)

/** `zones`, by name. */
export const zones = map(zone, {
  text:
    'Settings of the clients of the listeners that name a zone (`listeners.<type>.<name>.zone`). ' +
    'They take the place of the general ones. `default` is the zone of listeners that name none; ' +
    'it need not be written.',
  keyLabel: 'zone',
  keyPattern: /^[0-9A-Za-z][-_0-9A-Za-z]{0,254}$/,
  entriesMax: 100,
  hot: 'new-connections',
  default: {},
  example: { factory: { mqtt: { max_mqueue_len: 10_000, max_packet_size: '16MB' } } },
})
