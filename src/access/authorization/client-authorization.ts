import { isDeepStrictEqual } from 'node:util'
import { Metric, type Metrics } from '#broker/metrics.ts'
import { Access, type Identity, type RememberedDecision } from '#broker/ports.ts'
import type { QoS } from '#broker/qos.ts'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import type { AuthorizationConfig } from '#config/fields/authorization/authorization.ts'
import type { AuthorizerContext, AuthorizeRequest } from '#plugin/define-authorizer.ts'
import { DecisionCache, Remembered } from './decision-cache.ts'
import { compileRule, decideByRules, type Rule } from './rule.ts'
import {
  type ChainAnswer,
  type ChainVerdict,
  SourceChain,
  type SourceReport,
} from './source-chain.ts'

/** What is said of a decision that had to wait. */
export type Done = (allowed: boolean) => void

/** What decides besides sources. */
const DEFAULT = 'default'
const OWN_RULES = 'client_info'

/** How often files of rules are looked at. */
const RELOAD_MS = 10_000

/**
 * Decides what clients of one shard may do: superusers everything; then the rules that came with
 * the credentials, then the sources, then `no_match`. What cannot be found out is refused.
 */
export class ClientAuthorization {
  /** See `AccessControl`. */
  decidedBy: string = DEFAULT
  readonly #context: AuthorizerContext
  readonly #metrics: Metrics
  /** Chains that went, until nobody waits for them. */
  readonly #retiring = new Map<SourceChain, Promise<void>>()
  #config: AuthorizationConfig
  #chain: SourceChain
  /** Nothing can deny anything, as long as a client brings no rules of its own. */
  #isOpen: boolean
  #noMatch: 'allow' | 'deny'
  /** Decisions made under an earlier one are forgotten. */
  #generation = 0
  readonly #reloading: NodeJS.Timeout

  /** @throws what an authorizer throws whose configuration cannot work */
  constructor(config: AuthorizationConfig, context: AuthorizerContext, metrics: Metrics) {
    this.#config = config
    this.#context = context
    this.#metrics = metrics
    this.#chain = new SourceChain(config.sources, context)
    this.#noMatch = noMatchOf(config)
    this.#isOpen = this.#chain.size === 0 && this.#noMatch === 'allow'
    this.#reloading = setInterval(() => this.reload(), RELOAD_MS).unref()
  }

  /** Hot path. See `AccessControl`. */
  recallPublish(client: Identity, topic: string, qos: QoS, retain: boolean): Access {
    const { values } = this.#metrics
    if (this.#isOpen && client.acl === undefined) {
      values[Metric.CLIENT_AUTHORIZE]!++ // Indexes come from the table, here and below.
      values[Metric.AUTHORIZATION_ALLOW]!++
      this.decidedBy = DEFAULT
      return Access.ALLOW
    }
    if (client.isSuperuser) return this.#superuser()
    if (!this.#config.cache.enable) return Access.PENDING
    const nowMs = this.#context.clock.monotonicMs()
    const found = this.#cacheOf(client).publish(topic, qos, retain, nowMs)
    return found === Remembered.UNKNOWN ? Access.PENDING : this.#hit(found)
  }

  /** See `AccessControl`. */
  authorizePublish(client: Identity, topic: string, qos: QoS, retain: boolean, done: Done): Access {
    const known = this.recallPublish(client, topic, qos, retain)
    if (known !== Access.PENDING) return known
    return this.#decide({ client, action: 'publish', topic, qos, retain }, done)
  }

  /** See `AccessControl`. */
  authorizeSubscribe(client: Identity, filter: string, qos: QoS, done: Done): Access {
    const { values } = this.#metrics
    if (this.#isOpen && client.acl === undefined) {
      values[Metric.CLIENT_AUTHORIZE]!++
      values[Metric.AUTHORIZATION_ALLOW]!++
      this.decidedBy = DEFAULT
      return Access.ALLOW
    }
    if (client.isSuperuser) return this.#superuser()
    if (this.#config.cache.enable) {
      const nowMs = this.#context.clock.monotonicMs()
      const found = this.#cacheOf(client).subscribe(filter, qos, nowMs)
      if (found !== Remembered.UNKNOWN) return this.#hit(found)
    }
    return this.#decide({ client, action: 'subscribe', topic: filter, qos, retain: false }, done)
  }

  /** Forgets what is remembered about all clients: rules have changed. */
  forget(): void {
    this.#generation++
  }

  /** What is remembered about a client. */
  remembered({ accessMemory }: Identity): readonly RememberedDecision[] {
    const cache = accessMemory as DecisionCache | undefined // As in `#cacheOf`.
    if (cache === undefined || cache.generation !== this.#generation) return []
    const { clock } = this.#context
    const nowMs = clock.monotonicMs()
    const toWallMs = clock.nowMs() - nowMs
    return cache.list(nowMs, this.#config.cache.ttl).map((decision) => {
      return { ...decision, atMs: Math.round(decision.atMs + toWallMs) }
    })
  }

  /** Forgets what is remembered about a client. */
  forgetDecisions(client: Identity): void {
    client.accessMemory = undefined
  }

  /** Rules in the store were changed. */
  rulesChanged(): void {
    this.#chain.rulesChanged()
    this.forget()
  }

  /** Takes changed files of rules into use. */
  reload(): void {
    if (this.#chain.reload()) this.forget()
  }

  /** The enabled sources, with their state and numbers in this shard. */
  report(): readonly SourceReport[] {
    return this.#chain.report()
  }

  /**
   * Obeys another configuration, for connected clients too. Sources whose configuration is the
   * same keep their connections; those that went are closed when nobody waits for them.
   * @throws what an authorizer throws whose configuration cannot work; nothing has changed then
   */
  configure(config: AuthorizationConfig): void {
    if (isDeepStrictEqual(config, this.#config)) return
    const before = this.#chain
    const chain = new SourceChain(config.sources, this.#context, before)
    this.#config = config
    this.#chain = chain
    this.#noMatch = noMatchOf(config)
    this.#isOpen = chain.size === 0 && this.#noMatch === 'allow'
    this.forget()
    const retired = before.retire(chain).finally(() => this.#retiring.delete(before))
    this.#retiring.set(before, retired)
  }

  /** Lets the sources go. */
  async close(): Promise<void> {
    clearInterval(this.#reloading)
    await Promise.all([...this.#retiring.keys()].map((chain) => chain.close()))
    await this.#chain.close()
  }

  #superuser(): Access {
    this.decidedBy = 'superuser'
    this.#metrics.increment(Metric.CLIENT_AUTHORIZE)
    this.#metrics.increment(Metric.AUTHORIZATION_SUPERUSER)
    this.#metrics.increment(Metric.AUTHORIZATION_ALLOW)
    return Access.ALLOW
  }

  #hit(found: Remembered): Access {
    this.decidedBy = 'cache'
    const { values } = this.#metrics
    values[Metric.CLIENT_AUTHORIZE]!++
    values[Metric.AUTHORIZATION_CACHE_HIT]!++
    if (found === Remembered.ALLOWED) {
      values[Metric.AUTHORIZATION_ALLOW]!++
      return Access.ALLOW
    }
    values[Metric.AUTHORIZATION_DENY]!++
    return Access.DENY
  }

  #cacheOf(client: Identity): DecisionCache {
    // Nobody else writes to this place of an identity.
    let cache = client.accessMemory as DecisionCache | undefined
    if (cache === undefined) {
      cache = new DecisionCache(this.#generation, compileOwn(client))
      client.accessMemory = cache
    } else if (cache.generation !== this.#generation) cache.clear(this.#generation)
    return cache
  }

  #decide(request: AuthorizeRequest, done: Done): Access {
    this.#metrics.increment(Metric.CLIENT_AUTHORIZE)
    this.#metrics.increment(Metric.AUTHORIZATION_CACHE_MISS)
    const generation = this.#generation
    const own = this.#ownVerdict(request)
    const answer = own === undefined ? this.#chain.decide(request) : { verdict: own, by: OWN_RULES }
    if (!(answer instanceof Promise)) {
      return this.#settle(request, answer, generation) ? Access.ALLOW : Access.DENY
    }
    // The chain settles every promise that it makes.
    void answer.then((late) => done(this.#settle(request, late, generation)))
    return Access.PENDING
  }

  /** What the rules say that came with the credentials; undefined when they leave it open. */
  #ownVerdict(request: AuthorizeRequest): ChainVerdict | undefined {
    const { acl, expiresAtMs } = request.client
    if (acl === undefined) return undefined
    if (expiresAtMs !== undefined && expiresAtMs <= this.#context.clock.nowMs()) return 'deny'
    const verdict = decideByRules(this.#cacheOf(request.client).ownRules ?? [], request)
    if (verdict !== 'ignore') return verdict
    if (acl.otherwise === 'deny') return 'deny'
    // Rules that say what is allowed, and nobody who could say more.
    return this.#isOpen && this.#config.no_match === undefined ? 'deny' : undefined
  }

  #settle(request: AuthorizeRequest, answer: ChainAnswer, generation: number): boolean {
    const { values } = this.#metrics
    const { verdict, by } = answer
    this.decidedBy = by ?? DEFAULT
    if (verdict === 'no-match') values[Metric.AUTHORIZATION_NOMATCH]!++
    else if (verdict === 'allow') values[Metric.AUTHORIZATION_MATCHED_ALLOW]!++
    else if (verdict === 'deny') values[Metric.AUTHORIZATION_MATCHED_DENY]!++
    const isAllowed = verdict === 'no-match' ? this.#noMatch === 'allow' : verdict === 'allow'
    values[isAllowed ? Metric.AUTHORIZATION_ALLOW : Metric.AUTHORIZATION_DENY]!++
    // Rules that changed while they were applied say nothing about the next request.
    if (verdict !== 'failed' && generation === this.#generation) this.#remember(request, isAllowed)
    return isAllowed
  }

  #remember(request: AuthorizeRequest, isAllowed: boolean): void {
    const { enable, ttl, max_size: sizeMax, excludes } = this.#config.cache
    const { client, action, topic, qos, retain } = request
    if (!enable || excludes.some((filter) => matchesFilter(filter, topic))) return
    const { clock } = this.#context
    const nowMs = clock.monotonicMs()
    const credentialsMs = (client.expiresAtMs ?? Infinity) - clock.nowMs()
    const untilMs = nowMs + Math.min(ttl, credentialsMs)
    const times = { nowMs, untilMs }
    this.#cacheOf(client).remember(action, topic, qos, retain, isAllowed, times, sizeMax)
  }
}

/** What holds for what no source knows. */
export function noMatchOf(config: AuthorizationConfig): 'allow' | 'deny' {
  return config.no_match ?? (config.sources.length > 0 ? 'deny' : 'allow')
}

/**
 * The rules that came with the credentials. One that cannot be read makes all of them refuse: it
 * may have been one that denies.
 */
function compileOwn({ acl }: Identity): readonly Rule[] | undefined {
  if (acl === undefined) return undefined
  try {
    return acl.rules.map((rule) => compileRule(rule))
  } catch {
    return [compileRule({ permission: 'deny', action: 'all', topic: '#' })]
  }
}
