/** `dashboard.*` and `api_key.*`: the HTTP server for the REST API and the web interface. */
import { bool, duration, int, object, secret, string } from '../field.ts'
import { TIMER_MS_MAX } from '../units.ts'
import { TLS_KEYS_ELSEWHERE } from './known-elsewhere.ts'
import { checkBind } from './listener-checks.ts'
import { sso } from './sso.ts'
import { DASHBOARD_TLS_KEYS, dashboardTls } from './listener-options.ts'

/** Before 5.1 EMQX had the keys of `ssl_options` beside the others. */
const TLS_BESIDE = Object.fromEntries(
  [...DASHBOARD_TLS_KEYS, ...TLS_KEYS_ELSEWHERE, 'depth', 'fail_if_no_peer_cert'].map((key) => {
    return [key, `ssl_options.${key}`]
  }),
)

export const dashboard = object(
  {
    listeners: object(
      {
        http: object(
          {
            bind: string({
              text:
                'Address and port of the HTTP server. `0` switches it off. As long as a user ' +
                'has the password `public`, only clients on this host are served.',
              check: checkBind,
              default: '0.0.0.0:18083',
            }),
            max_connections: int({
              text: 'Connections open at a time.',
              min: 1,
              default: 512,
            }),
          },
          { text: 'HTTP.' },
        ),
        https: object(
          {
            bind: string({
              text: 'Address and port of the HTTPS server, such as `18084`. `0` switches it off.',
              check: checkBind,
              default: '0',
              example: '0.0.0.0:18084',
            }),
            max_connections: int({
              text: 'Connections open at a time.',
              min: 1,
              default: 512,
            }),
            ssl_options: dashboardTls,
          },
          { text: 'HTTPS.', aliases: TLS_BESIDE },
        ),
      },
      { text: 'Where the HTTP server listens.' },
    ),
    default_username: string({
      text: 'Name of the administrator that is made when there is no user.',
      lengthMax: 100,
      default: 'admin',
    }),
    default_password: secret({
      text:
        'Password of that administrator. It has no effect once there is a user. With any other ' +
        'than `public` clients of other hosts are served from the start.',
      default: 'public',
    }),
    token_expired_time: duration({
      text: 'A login ends when nothing was asked with it for so long.',
      min: 1000,
      max: TIMER_MS_MAX,
      default: '60m',
    }),
    sample_interval: duration({
      text: 'How often the numbers for charts are taken.',
      min: 1000,
      max: 3_600_000,
      default: '10s',
    }),
    cors: bool({
      text: 'Let web pages of any origin use the REST API.',
      default: false,
    }),
    sso,
    swagger_support: bool({
      text: 'Show the description of the REST API at `/api-docs`.',
      default: true,
    }),
  },
  { text: 'REST API and web interface.', hot: 'restart-node' },
)

export const apiKey = object(
  {
    bootstrap_file: string({
      text:
        'File of API keys that are made or replaced at every start: lines of `key:secret` or ' +
        '`key:secret:role`.',
      path: true,
      example: 'etc/api-keys',
    }),
  },
  { text: 'API keys.', hot: 'restart-node' },
)
