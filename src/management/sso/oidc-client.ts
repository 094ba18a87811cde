import type * as openidClient from 'openid-client'
import type { ClientAuth, Configuration, CustomFetch, IDToken } from 'openid-client'
import { tlsOf } from '#access/backends/driver-settings.ts'
import type { OidcConfig } from '#config/fields/sso.ts'
import type { NodePort } from '../node-port.ts'
import { makeProviderFetch } from './provider-fetch.ts'

/** What has to come back from the provider. */
export interface OidcChecks {
  readonly state: string
  readonly nonce: string
  /** Undefined: without PKCE. */
  readonly verifier: string | undefined
}

/** What the provider says of a user. */
export interface OidcClaims {
  readonly idToken: Readonly<Record<string, unknown>>
  /** Those of the id token where the provider has nothing else to ask. */
  readonly userInfo: Readonly<Record<string, unknown>>
}

/** The provider could not be asked, or what it says cannot be believed. */
export class OidcError extends Error {
  override readonly name = 'OidcError'
  /** `away`: the provider; nobody is to blame for what was presented. */
  readonly kind: 'away' | 'refused'

  constructor(kind: OidcError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

const CALLBACK_PATH = '/api/v5/sso/oidc/callback'
/** Clocks of provider and node may differ by so much. */
const CLOCK_TOLERANCE_S = 30
/** What a provider says of itself is read again after so long. */
const KNOWN_MS_MAX = 3_600_000
type Library = typeof openidClient

/** Where the provider sends browsers back to. */
export function callbackUrl({ dashboard_addr: address }: OidcConfig): string {
  return address.replace(/\/$/, '') + CALLBACK_PATH
}

/** Asks a provider who somebody is: the authorization code flow of OpenID Connect. */
export class OidcClient {
  readonly #config: OidcConfig
  readonly #node: NodePort
  #known: { readonly provider: Promise<Configuration>; readonly untilMs: number } | undefined

  constructor(config: OidcConfig, node: NodePort) {
    this.#config = config
    this.#node = node
  }

  /**
   * Where the browser is to go, and what has to come back.
   * @throws OidcError
   */
  async begin(): Promise<{ readonly url: string; readonly checks: OidcChecks }> {
    const library = await import('openid-client')
    const provider = await this.#provider(library)
    const { require_pkce: isPkce, scopes } = this.#config
    const verifier = isPkce ? library.randomPKCECodeVerifier() : undefined
    const checks = { state: library.randomState(), nonce: library.randomNonce(), verifier }
    const url = library.buildAuthorizationUrl(provider, {
      redirect_uri: callbackUrl(this.#config),
      scope: [...new Set(['openid', ...scopes])].join(' '),
      state: checks.state,
      nonce: checks.nonce,
      ...(verifier !== undefined && {
        code_challenge: await library.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    })
    return { url: url.href, checks }
  }

  /**
   * Makes claims of what the provider sent back: checks state, nonce, PKCE, and issuer, audience,
   * times and signature of the id token.
   * @param query of the callback
   * @throws OidcError
   */
  async finish(query: string, { state, nonce, verifier }: OidcChecks): Promise<OidcClaims> {
    const library = await import('openid-client')
    const provider = await this.#provider(library)
    try {
      // The library makes the redirect URI of it, which the provider compares.
      const url = new URL(`${callbackUrl(this.#config)}?${query}`)
      const tokens = await library.authorizationCodeGrant(provider, url, {
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
        ...(verifier !== undefined && { pkceCodeVerifier: verifier }),
      })
      const idToken = tokens.claims()
      if (idToken === undefined) throw new OidcError('refused', 'the provider gives no id token')
      const userInfo = await this.#userInfo(library, provider, tokens.access_token, idToken)
      return { idToken, userInfo }
    } catch (error) {
      throw explain(error, library)
    }
  }

  async #userInfo(
    library: Library,
    provider: Configuration,
    accessToken: string,
    idToken: IDToken,
  ): Promise<OidcClaims['userInfo']> {
    const { name_var_source: name, role_source: role, role_expr: program } = this.#config
    const isWanted = name === 'userinfo' || (role === 'userinfo' && program !== undefined)
    if (!isWanted || provider.serverMetadata().userinfo_endpoint === undefined) return idToken
    return library.fetchUserInfo(provider, accessToken, idToken.sub)
  }

  /** @throws OidcError */
  async #provider(library: Library): Promise<Configuration> {
    const nowMs = performance.now()
    if (this.#known === undefined || this.#known.untilMs < nowMs) {
      this.#known = { provider: this.#discover(library), untilMs: nowMs + KNOWN_MS_MAX }
    }
    const { provider } = this.#known
    try {
      return await provider
    } catch (error) {
      // Asked again the next time.
      if (this.#known?.provider === provider) this.#known = undefined
      const reason = reasonOf(error)
      throw new OidcError('away', `the provider ${this.#config.issuer} cannot be asked: ${reason}`)
    }
  }

  async #discover(library: Library): Promise<Configuration> {
    const { issuer, clientid, ssl, fallback_methods: algorithms } = this.#config
    const { readSecret, shardCount } = this.#node
    const isPlain = issuer.startsWith('http:')
    const tls = isPlain ? undefined : tlsOf(ssl, { readSecret, shardCount })
    const found = await library.discovery(
      new URL(issuer),
      clientid,
      { [library.clockTolerance]: CLOCK_TOLERANCE_S },
      undefined,
      {
        [library.customFetch]: makeProviderFetch(tls) as unknown as CustomFetch,
        ...(isPlain && { execute: [library.allowInsecureRequests] }),
      },
    )
    const server = found.serverMetadata()
    const [expected] = algorithms
    const isSilent = server.id_token_signing_alg_values_supported === undefined
    const provider = new library.Configuration(
      server,
      clientid,
      {
        [library.clockTolerance]: CLOCK_TOLERANCE_S,
        ...(isSilent && expected !== undefined && { id_token_signed_response_alg: expected }),
      },
      this.#authenticationFor(library, server.token_endpoint_auth_methods_supported),
    )
    provider[library.customFetch] = makeProviderFetch(tls)
    if (isPlain) library.allowInsecureRequests(provider)
    // The signature is checked although the token comes from the provider itself.
    library.enableNonRepudiationChecks(provider)
    return provider
  }

  /** The first method that both know; a provider that does not say knows `client_secret_basic`. */
  #authenticationFor(library: Library, supported: readonly string[] | undefined): ClientAuth {
    const { preferred_auth_methods: methods, secret } = this.#config
    const known = supported ?? ['client_secret_basic']
    const method =
      secret === undefined ? 'none' : methods.find((one) => one === 'none' || known.includes(one))
    if (method === undefined) {
      throw new Error(`it supports none of preferred_auth_methods, but ${known.join(', ')}`)
    }
    const text = this.#node.readSecret(secret ?? '')
    switch (method) {
      case 'client_secret_basic':
        return library.ClientSecretBasic(text)
      case 'client_secret_post':
        return library.ClientSecretPost(text)
      case 'client_secret_jwt':
        return library.ClientSecretJwt(text)
      case 'none':
        return library.None()
    }
  }
}

function explain(error: unknown, library: Library): OidcError {
  if (error instanceof OidcError) return error
  if (error instanceof library.AuthorizationResponseError) {
    const { error: code, error_description: text } = error
    return new OidcError('refused', `the provider says ${code}${text ? `: ${text}` : ''}`)
  }
  if (error instanceof library.ResponseBodyError) {
    const { error: code, error_description: text } = error
    return new OidcError('refused', `the provider says ${code}${text ? `: ${text}` : ''}`)
  }
  const isRefused = error instanceof library.ClientError
  return new OidcError(isRefused ? 'refused' : 'away', reasonOf(error))
}

/** What went wrong; the error behind it says more. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  const code = (cause as { readonly code?: unknown }).code
  return typeof code === 'string' ? code : `${error.message} (${cause.message})`
}
