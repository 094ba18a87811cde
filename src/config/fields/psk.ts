/** `psk_authentication.*`: TLS with keys that both sides know. */
import { bool, object, string } from '../field.ts'

interface Psk {
  readonly enable: boolean
  readonly init_file: string | undefined
}

export const pskAuthentication = object(
  {
    enable: bool({
      text:
        'TLS listeners accept clients that prove themselves by a pre-shared key (TLS 1.2 and the ' +
        'cipher suites for it).',
      default: false,
    }),
    init_file: string({
      text:
        'File with a line for each identity, such as `device-7:secret`. The bytes of the text ' +
        'are the key. The file is read again when the certificates are.',
      path: true,
      example: '${EMQX_ETC_DIR}/psk.txt',
    }),
    separator: string({
      text: 'What stands between identity and key.',
      lengthMax: 8,
      pattern: /^\S+$/,
      patternText: 'one or more characters that are no spaces',
      default: ':',
    }),
  },
  {
    text: 'Pre-shared keys instead of certificates, for the listeners with TLS.',
    hot: 'new-connections',
    check: ({ enable, init_file: file }: Psk) => {
      if (!enable || file !== undefined) return []
      return [
        { path: ['init_file'], message: 'is missing: it holds the identities and their keys' },
      ]
    },
  },
)
