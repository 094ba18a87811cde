/** `jwt`. */
import { bool, int, map, object, oneOf, secret, string } from '../../field.ts'
import type { Infer } from '../../field.ts'
import { mechanismKeys } from './common.ts'
import { clientSsl, poolSize } from '../backends/connection.ts'
import { checkTemplate } from './template-check.ts'

const CLAIMS_MAX = 100
const HEADERS_MAX = 100

const common = {
  ...mechanismKeys('jwt'),
  from: oneOf(['password', 'username'], {
    text: 'Where clients put the token.',
    default: 'password',
  }),
  verify_claims: map(
    string({
      text: 'The value, which may hold `${clientid}` and `${username}`.',
      check: checkTemplate,
    }),
    {
      keyLabel: 'claim',
      entriesMax: CLAIMS_MAX,
      text: 'Claims that must be there with these values.',
      default: {},
      example: { sub: '${username}' },
    },
  ),
  acl_claim_name: string({
    text: 'Claim with what the client may do.',
    lengthMax: 255,
    default: 'acl',
  }),
  disconnect_after_expire: bool({
    text: 'Clients are disconnected (0xA0) when their token expires (`exp`).',
    default: true,
  }),
}

const NO_KEY_SET = oneOf(['false'], {
  text: 'Whether keys come from a key set on a server.',
  default: 'false',
})

export const jwtHmac = object(
  {
    ...common,
    use_jwks: NO_KEY_SET,
    algorithm: oneOf(['hmac-based'], { text: 'HS256, HS384, HS512.', required: true }),
    secret: secret({ text: 'The secret that tokens are signed with.', required: true }),
    secret_base64_encoded: bool({
      text: 'Whether `secret` is written in Base64.',
      default: false,
    }),
  },
  { text: 'Tokens that are signed with a secret.' },
)

export const jwtPublicKey = object(
  {
    ...common,
    use_jwks: NO_KEY_SET,
    algorithm: oneOf(['public-key'], {
      text: 'RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA.',
      required: true,
    }),
    public_key: string({
      text: 'Public key or certificate in PEM, or the file that holds it.',
      required: true,
      path: true,
    }),
  },
  { text: 'Tokens that are signed with a private key.' },
)

/** What is wrong with the address of a key set, or undefined. */
function checkEndpoint(text: string): string | undefined {
  if (/^https?:\/\/[^\s@]+$/.test(text) && URL.canParse(text)) return undefined
  return 'must be an address such as https://auth.example.org/jwks.json, without a user'
}

export const jwtKeySet = object(
  {
    ...common,
    use_jwks: oneOf(['true'], {
      text: 'Whether keys come from a key set on a server.',
      required: true,
    }),
    endpoint: string({
      text: 'Address of the key set (JWKS, RFC 7517).',
      required: true,
      check: checkEndpoint,
    }),
    headers: map(string({ text: 'Value of the header.' }), {
      keyLabel: 'name',
      entriesMax: HEADERS_MAX,
      text: 'Headers of the request, besides `accept: application/json`.',
      default: {},
    }),
    refresh_interval: int({
      text:
        'How often the key set is fetched. A token with a key that is not in it has it fetched ' +
        'earlier. While the server cannot be reached, the keys that are known stay in use.',
      unit: 's',
      min: 1,
      max: 2_000_000,
      default: 300,
    }),
    pool_size: poolSize,
    ssl: clientSsl,
  },
  { text: 'Tokens that are signed with a key of a key set.' },
)

export type JwtKeySetConfig = Infer<typeof jwtKeySet>
export type JwtConfig = Infer<typeof jwtHmac> | Infer<typeof jwtPublicKey> | JwtKeySetConfig
