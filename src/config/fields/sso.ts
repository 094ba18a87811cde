/** `dashboard.sso.*`: users of the dashboard whom somebody else knows. */
import { bool, duration, list, map, object, oneOf, secret, string, variant } from '../field.ts'
import type { Infer } from '../field.ts'
import { ldapConnection } from './backends/ldap.ts'
import { clientSsl } from './backends/connection.ts'

const SCOPES_MAX = 50
const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'none',
] as const
const WAIT_MS_MAX = 3_600_000

function checkUrl(text: string): string | undefined {
  const isUrl = /^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/.test(text) && URL.canParse(text)
  return isUrl ? undefined : 'must be an address such as https://id.example.org, without a query'
}

const enable = bool({ text: 'Whether users may sign in by it.', default: false })

const oidc = object(
  {
    backend: oneOf(['oidc'], { text: 'OpenID Connect.', required: true }),
    enable,
    issuer: string({
      text: 'Address of the provider; what it says of itself is read there.',
      required: true,
      check: checkUrl,
      example: 'https://id.example.org',
    }),
    clientid: string({
      text: 'Name under which the dashboard is known to the provider.',
      required: true,
      lengthMax: 1024,
      example: 'dashboard',
    }),
    secret: secret({
      text: 'Secret shared with the provider. Absent: the method `none`.',
      example: 'file:///run/secrets/oidc',
    }),
    scopes: list(string({ text: 'A scope.' }), {
      text: 'What the provider is asked for; `openid` always is.',
      itemsMax: SCOPES_MAX,
      default: ['openid'],
    }),
    name_var: string({
      text: 'Name of the user, of claims such as `${sub}` or `${email}`.',
      default: '${sub}',
    }),
    name_var_source: oneOf(['userinfo', 'id_token'], {
      text: 'Where the claims of `name_var` come from.',
      default: 'userinfo',
    }),
    role_expr: string({
      text:
        'Program of jq that makes `administrator` or `viewer` of the claims, at every login; who ' +
        'gets anything else is refused. Absent: new users are viewers, and an administrator may ' +
        'change that.',
      example: 'if any(.groups[]?; . == "iot-admins") then "administrator" else "viewer" end',
    }),
    role_source: oneOf(['userinfo', 'id_token'], {
      text: 'Where the claims of `role_expr` come from.',
      default: 'userinfo',
    }),
    dashboard_addr: string({
      text:
        'Address of the dashboard as browsers know it. The provider must allow ' +
        '`<dashboard_addr>/api/v5/sso/oidc/callback` to be redirected to.',
      check: checkUrl,
      default: 'http://127.0.0.1:18083',
    }),
    session_expiry: duration({
      text: 'Time that a user has to sign in at the provider. EMQX: 30s.',
      min: 1000,
      max: WAIT_MS_MAX,
      default: '5m',
    }),
    require_pkce: bool({
      text:
        'Prove to the provider that who comes back is who went there (RFC 7636). ' +
        'EMQX: `false`.',
      default: true,
    }),
    preferred_auth_methods: list(oneOf(AUTH_METHODS, { text: 'A method.' }), {
      text:
        'How the dashboard proves itself to the provider: the first that the provider ' +
        'supports.',
      itemsMax: 4,
      default: ['client_secret_post', 'client_secret_basic', 'none'],
    }),
    fallback_methods: list(string({ text: 'An algorithm of JSON Web Signature.' }), {
      text: 'How tokens may be signed when the provider does not say; the first one is expected.',
      itemsMax: 10,
      default: ['RS256'],
    }),
    ssl: clientSsl,
  },
  { text: 'A provider of OpenID Connect.' },
)

const ldap = object(
  {
    backend: oneOf(['ldap'], { text: 'An LDAP directory.', required: true }),
    enable,
    ...ldapConnection(() => undefined),
    filter: string({
      text: 'Which entry it is (RFC 4515). May hold `${username}`, whose value is escaped.',
      default: '(& (objectClass=person) (uid=${username}))',
    }),
  },
  { text: 'A directory that checks names and passwords.' },
)

export const sso = map(variant(['backend'], [oidc, ldap], { text: 'Somebody who knows users.' }), {
  text: 'Users of the dashboard whom somebody else knows: `oidc`, `ldap`.',
  keyLabel: 'backend',
  keyPattern: /^(?:oidc|ldap)$/,
  entriesMax: 8, // Those that EMQX has beside these are passed over.
  hot: 'live',
  default: {},
})

export type OidcConfig = Infer<typeof oidc>
export type LdapSsoConfig = Infer<typeof ldap>
