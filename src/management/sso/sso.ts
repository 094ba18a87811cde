import { isDeepStrictEqual } from 'node:util'
import { openConfiguredLdap, type LdapDirectory } from '#access/backends/open-ldap.ts'
import type { LdapSsoConfig, OidcConfig } from '#config/fields/sso.ts'
import { runJq } from '#streams/jq/run-jq.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { type User, userKey, type UserRole, type Users, USERS_MAX } from '../identity/users.ts'
import type { NodePort } from '../node-port.ts'
import { OidcClient, type OidcChecks, OidcError } from './oidc-client.ts'
import { hashOf, makeCode, WaitingCodes } from './waiting-codes.ts'

/** Who can know users beside this node. */
export type SsoBackend = 'oidc' | 'ldap'

/** What logins work with. */
export interface SsoParts {
  readonly node: NodePort
  readonly users: Users
}

/** A login that was refused, with what the user is told. */
export class SsoRefusal extends Error {
  override readonly name = 'SsoRefusal'
  /** `away`: who knows the user cannot be asked; `absent`: there is no such backend. */
  readonly kind: 'refused' | 'away' | 'absent' | 'busy'

  constructor(kind: SsoRefusal['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/** What waits for a browser to come back from the provider. */
interface Pending {
  readonly checks: OidcChecks
  /** Hash of the cookie of the browser that went there. */
  readonly browser: string
}

/** What came of a login, until the page fetches it. */
interface Outcome {
  readonly browser: string
  readonly result: User | SsoRefusal
}

/** Time that the page has to fetch what came of a login. */
const OUTCOME_MS = 60_000
const NAME_CHARS_MAX = 256
const ROLE_MS_MAX = 2_000
const BACKENDS: readonly SsoBackend[] = ['oidc', 'ldap']

/** Logins of users whom somebody else knows. */
export class Sso {
  readonly #parts: SsoParts
  readonly #pending: WaitingCodes<Pending>
  readonly #outcomes: WaitingCodes<Outcome>
  readonly #errors = new Map<SsoBackend, string>()
  #oidc: { readonly config: OidcConfig; readonly client: OidcClient } | undefined
  #ldap: { readonly config: LdapSsoConfig; readonly directory: LdapDirectory } | undefined

  constructor(parts: SsoParts) {
    this.#parts = parts
    const nowMs = (): number => performance.now()
    this.#pending = new WaitingCodes(nowMs)
    this.#outcomes = new WaitingCodes(nowMs)
  }

  /** Backends by which users may sign in. */
  get running(): readonly SsoBackend[] {
    return BACKENDS.filter((backend) => this.#configs[backend]?.enable === true)
  }

  /** Those that are configured, and what went wrong last. */
  status() {
    return BACKENDS.flatMap((backend) => {
      const config = this.#configs[backend]
      if (config === undefined) return []
      const { enable } = config
      return { backend, enable, running: enable, last_error: this.#errors.get(backend) ?? '' }
    })
  }

  /**
   * Sends a browser to the provider.
   * @param address from which it comes; not many of one wait at the same time
   * @returns the address, and a cookie by which the browser is known when it comes back
   * @throws SsoRefusal
   */
  async beginOidc(address: string): Promise<{ readonly url: string; readonly browser: string }> {
    const { config, client } = this.#needOidc()
    try {
      const { url, checks } = await client.begin()
      if (!this.#pending.hasRoomFor(address)) throw busy()
      const browser = makeCode()
      const pending = { checks, browser: hashOf(browser) }
      this.#pending.put(address, pending, config.session_expiry, checks.state)
      this.#errors.delete('oidc')
      return { url, browser }
    } catch (error) {
      throw this.#refusal('oidc', error)
    }
  }

  /**
   * A browser comes back from the provider.
   * @param query of the callback
   * @returns where it goes on with a code by which the page fetches what came of it, and that
   * itself; undefined when nothing waits for it
   * @throws SsoRefusal of the kind `absent`
   */
  async finishOidc(query: string, browser: string | undefined) {
    const { config, client } = this.#needOidc()
    const pageOf = (code: string) => `${config.dashboard_addr.replace(/\/$/, '')}/?sso_code=${code}`
    const pending = this.#pending.take(new URLSearchParams(query).get('state') ?? '')
    // Kept is nothing of it: anybody can make up as many as there is room for.
    if (pending === undefined) return { url: pageOf(makeCode()), result: undefined }
    const cookie = hashOf(browser ?? '')
    const result = await this.#finish(config, client, query, pending, cookie).catch((error) => {
      return this.#refusal('oidc', error)
    })
    const code = this.#outcomes.put(pending.browser, { browser: cookie, result }, OUTCOME_MS)
    return { url: pageOf(code), result }
  }

  /**
   * What came of a login at the provider, for the browser that made it.
   * @throws SsoRefusal
   */
  outcome(code: string, browser: string | undefined): User {
    const found = this.#outcomes.take(code)
    if (found === undefined || found.browser !== hashOf(browser ?? '')) {
      throw new SsoRefusal('refused', 'This sign-in has ended. Begin it again.')
    }
    if (found.result instanceof SsoRefusal) throw found.result
    return found.result
  }

  /**
   * The user of this name and password in the directory.
   * @throws SsoRefusal
   */
  async loginLdap(typedName: string, password: string): Promise<User> {
    // Directories ignore case and spaces around: the same person is the same user.
    const username = typedName.trim().toLowerCase()
    let dn: string | undefined
    let isRight = false
    try {
      const directory = this.#needLdap()
      const signal = AbortSignal.timeout(directory.limitMs)
      const values = (name: string) => (name === 'username' ? username : undefined)
      dn = (await directory.find(values, signal))?.dn
      isRight = dn !== undefined && (await directory.verify(dn, password, signal))
      this.#errors.delete('ldap')
    } catch (error) {
      if (error instanceof SsoRefusal) throw error
      const reason = error instanceof Error ? error.message : String(error)
      this.#errors.set('ldap', reason)
      throw new SsoRefusal('away', `The directory cannot be asked: ${reason}.`)
    }
    if (!isRight) throw new SsoRefusal('refused', 'User name or password is wrong.')
    return this.#userOf('ldap', username, undefined)
  }

  /** Lets connections go that the configuration, which has changed, does not name any more. */
  follow(): void {
    if (this.#ldap === undefined || isDeepStrictEqual(this.#ldap.config, this.#configs.ldap)) return
    // Without waiting: a login at the same time opens another one.
    this.stop().catch(() => undefined)
  }

  /** Lets connections go. */
  async stop(): Promise<void> {
    const former = this.#ldap
    this.#ldap = undefined
    await former?.directory.driver.close()
  }

  get #configs(): { readonly oidc?: OidcConfig; readonly ldap?: LdapSsoConfig } {
    // Each entry has the form that its key names: `plan` of a change refuses others.
    const { sso } = this.#parts.node.config.current.dashboard
    const { oidc, ldap } = sso
    return {
      ...(oidc?.backend === 'oidc' && { oidc }),
      ...(ldap?.backend === 'ldap' && { ldap }),
    }
  }

  async #finish(
    config: OidcConfig,
    client: OidcClient,
    query: string,
    pending: Pending,
    cookie: string,
  ) {
    if (pending.browser !== cookie) {
      throw new SsoRefusal('refused', 'This sign-in began elsewhere.')
    }
    const { idToken, userInfo } = await client.finish(query, pending.checks)
    const claimsOf = (source: 'userinfo' | 'id_token'): ValueMap =>
      (source === 'userinfo' ? userInfo : idToken) as ValueMap // JSON.
    const name = compileTemplate(config.name_var, nameOf).text(claimsOf(config.name_var_source))
    const role = roleOf(config.role_expr, claimsOf(config.role_source))
    this.#errors.delete('oidc')
    return this.#userOf('oidc', name, role)
  }

  /** @param role undefined: as it was, at first a viewer */
  #userOf(backend: SsoBackend, name: string, role: UserRole | undefined): User {
    const { users } = this.#parts
    if (!isName(name)) {
      throw new SsoRefusal('refused', 'What is to be the name of the user cannot be one.')
    }
    const key = userKey(backend, name)
    const known = users.get(key)
    if (known !== undefined) {
      if (role !== undefined && role !== known.role) users.update(key, role, known.description)
      return users.get(key) ?? known
    }
    if (users.count >= USERS_MAX) {
      throw new SsoRefusal('refused', `There are ${USERS_MAX} users already.`)
    }
    return users.createOf(backend, name, role ?? 'viewer')
  }

  #needOidc(): { readonly config: OidcConfig; readonly client: OidcClient } {
    const { oidc: config } = this.#configs
    if (config?.enable !== true) throw absent('oidc')
    if (this.#oidc === undefined || !isDeepStrictEqual(this.#oidc.config, config)) {
      this.#oidc = { config, client: new OidcClient(config, this.#parts.node) }
    }
    return this.#oidc
  }

  #needLdap() {
    const { ldap: config } = this.#configs
    if (config?.enable !== true) throw absent('ldap')
    if (this.#ldap === undefined) {
      const { readSecret } = this.#parts.node
      const directory = openConfiguredLdap(config, [], { readSecret, shardCount: 1 })
      this.#ldap = { config, directory }
    }
    const { driver, find } = this.#ldap.directory
    const limitMs = config.query_timeout + config.request_timeout
    return { find, verify: driver.verify, limitMs }
  }

  #refusal(backend: SsoBackend, error: unknown): SsoRefusal {
    if (error instanceof SsoRefusal) return error
    const reason = error instanceof Error ? error.message : String(error)
    this.#errors.set(backend, reason)
    const isAway = !(error instanceof OidcError) || error.kind === 'away'
    return new SsoRefusal(isAway ? 'away' : 'refused', `Sign-in failed: ${reason}.`)
  }
}

function busy(): SsoRefusal {
  const message = 'Too many sign-ins from this address wait for the provider: finish one of them.'
  return new SsoRefusal('busy', message)
}

function absent(backend: SsoBackend): SsoRefusal {
  return new SsoRefusal('absent', `Users cannot sign in by ${backend}: it is not switched on.`)
}

/** The part of a name that a claim gives; without it different people would have the same name. */
function nameOf(claim: Value): string {
  if (typeof claim === 'string' && claim !== '') return claim
  if (typeof claim === 'number' && Number.isSafeInteger(claim)) return String(claim)
  const message =
    'A claim that makes the name of the user is missing, or is no text or whole number.'
  throw new SsoRefusal('refused', message)
}

/** The role that the program makes of claims; undefined: there is no program. */
function roleOf(program: string | undefined, claims: ValueMap): UserRole | undefined {
  if (program === undefined || program.trim() === '') return undefined
  const endsAtMs = performance.now() + ROLE_MS_MAX
  let made: readonly unknown[]
  try {
    made = runJq(program, JSON.parse(JSON.stringify(claims)), {
      nowMs: () => performance.now(),
      endsAtMs,
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SsoRefusal('refused', `role_expr fails: ${reason}`)
  }
  const [role] = made
  if (made.length === 1 && (role === 'administrator' || role === 'viewer')) return role
  throw new SsoRefusal('refused', 'You have no role here: ask an administrator.')
}

function isName(name: string): boolean {
  const isText = name !== '' && name.length <= NAME_CHARS_MAX
  return isText && !/[\u0000-\u001f\u007f]/.test(name)
}
