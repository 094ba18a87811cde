import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type {
  AccessControl,
  AuthenticateResult,
  Clock,
  ConnectRequest,
  KvStore,
  Log,
} from '#broker/ports.ts'
import { authenticatorId } from '#config/fields/authentication/authentication.ts'
import type { AuthenticatorConfig } from '#config/fields/authentication/authentication.ts'
import type { AuthenticatorDefinition, AuthenticatorStatus } from '#plugin/define-authenticator.ts'
import { AuthenticatorMeter } from './authenticator-meter.ts'
import { AUTHENTICATORS } from './catalog.ts'
import { AuthenticatorChain, type ChainLink, type ChainOptions, type LinkMeter } from './chain.ts'
import {
  type Chains,
  ClientAuthentication,
  type ClientAuthenticationSettings,
} from './client-authentication.ts'
import { FailurePause, type FailurePauseSettings } from './failure-pause.ts'
import { PasswordService } from './password/password-service.ts'
import { ResultCache, type ResultCacheSettings } from './result-cache.ts'
import { GLOBAL_CHAIN } from './users/user-table.ts'

/** One chain as it is configured. */
export interface ChainSettings {
  /** `mqtt:global`, or the id of a listener. */
  readonly chain: string
  readonly authenticators: readonly AuthenticatorConfig[]
}

/** Everything about authentication that a shard obeys. Can be sent to a thread. */
export interface AuthenticationSettings extends ClientAuthenticationSettings {
  readonly chains: readonly ChainSettings[]
  /** Undefined: nobody has to wait. */
  readonly failurePause: FailurePauseSettings | undefined
  /** Undefined: nobody is remembered. */
  readonly resultCache: ResultCacheSettings | undefined
  /** Where the numbers of an authenticator stand, by `linkName`; see `MeterPlaces`. */
  readonly meterPlaces: Readonly<Record<string, number>>
}

/** What people see of one authenticator in one shard. */
export interface AuthenticatorReport extends AuthenticatorStatus {
  /** See `linkName`. */
  readonly name: string
}

/** What authentication needs of the shard it is in. */
export interface AuthenticationPorts {
  readonly shard: number
  readonly shardCount: number
  readonly log: Log
  readonly clock: Clock
  readonly store: KvStore
  /** Memory for the numbers of all shards, see `METERS_BYTES`. */
  readonly meters: SharedArrayBuffer
  /** See `AuthenticatorContext.nodeSecret`. */
  readonly nodeSecret: Uint8Array
  /** See `AuthenticatorContext.readSecret`. */
  readonly readSecret: (written: string) => string
}

/** Longest time that one authenticator may take: the idle limit of a connection is not far. */
const STEP_TIMEOUT_MS = 12_000
/** Clients of one chain that may wait for a decision in one shard. */
const WAITING_MAX = 10_000

/** A link, and what it was made from. */
interface MadeLink {
  readonly config: AuthenticatorConfig
  readonly link: ChainLink
}

/** Names an authenticator among those of all chains. */
export function linkName(chain: string, id: string): string {
  return `${chain} ${id}`
}

/** Authentication of one shard, as it is configured at the moment. */
export class ShardAuthentication implements Pick<AccessControl, 'authenticate'> {
  readonly #ports: AuthenticationPorts
  readonly #options: ChainOptions
  readonly #passwords: PasswordService
  readonly #closing = new AbortController()
  /** Links that went, until nobody waits for them. */
  readonly #retiring = new Set<Promise<void>>()
  #settings: AuthenticationSettings
  #links: ReadonlyMap<string, MadeLink>
  #chains: readonly AuthenticatorChain[]
  #pause: FailurePause | undefined
  #current: ClientAuthentication

  /** @throws an Error that names the authenticator whose configuration cannot work */
  constructor(settings: AuthenticationSettings, ports: AuthenticationPorts) {
    const { clock, log } = ports
    this.#ports = ports
    this.#options = {
      log,
      monotonicMs: () => clock.monotonicMs(),
      timeoutMs: STEP_TIMEOUT_MS,
      waitingMax: WAITING_MAX,
    }
    this.#passwords = new PasswordService(this.#options.monotonicMs)
    this.#settings = settings
    this.#links = this.#makeLinks(settings, new Map())
    this.#pause = this.#makePause(settings)
    const chains = this.#makeChains(settings)
    this.#chains = [...chains.values()]
    this.#current = this.#make(settings, chains)
  }

  authenticate(request: ConnectRequest, done: (result: AuthenticateResult) => void): void {
    this.#current.authenticate(request, done)
  }

  /**
   * Obeys other settings for clients that come from now on. Authenticators whose configuration is
   * the same keep their connections; those that went are closed when nobody waits for them.
   * @throws an Error that names the authenticator whose configuration cannot work; nothing has
   * changed then
   */
  configure(settings: AuthenticationSettings): void {
    if (isDeepStrictEqual(settings, this.#settings)) return
    const links = this.#makeLinks(settings, this.#links)
    const kept = new Set([...links.values()].map(({ link }) => link))
    const left = [...this.#links.values()].flatMap(({ link }) => (kept.has(link) ? [] : [link]))
    this.#retire(this.#chains, left)
    if (!isDeepStrictEqual(settings.failurePause, this.#settings.failurePause)) {
      this.#pause = this.#makePause(settings)
    }
    this.#settings = settings
    this.#links = links
    const chains = this.#makeChains(settings)
    this.#chains = [...chains.values()]
    this.#current = this.#make(settings, chains)
  }

  /** The enabled authenticators with their state in this shard. */
  report(): readonly AuthenticatorReport[] {
    return [...this.#links].map(([name, { link }]) => ({ name, ...link.authenticator.status() }))
  }

  /** Lets go of connections and threads. */
  async close(): Promise<void> {
    this.#closing.abort()
    await closeLinks([...this.#links.values()].map(({ link }) => link))
    await Promise.all(this.#retiring)
    await this.#passwords.close()
  }

  #makeLinks(
    { chains, meterPlaces }: AuthenticationSettings,
    before: ReadonlyMap<string, MadeLink>,
  ): ReadonlyMap<string, MadeLink> {
    const links = new Map<string, MadeLink>()
    const fresh: ChainLink[] = []
    try {
      for (const { chain, authenticators } of chains) {
        for (const config of authenticators) {
          const name = linkName(chain, authenticatorId(config))
          const known = before.get(name)
          if (!config.enable) continue
          if (known !== undefined && isDeepStrictEqual(known.config, config)) {
            links.set(name, known)
            continue
          }
          const meter = meterAt(this.#ports, meterPlaces[name])
          const link = makeLink(config, chain, this.#ports, this.#passwords, meter)
          fresh.push(link)
          links.set(name, { config, link })
        }
      }
    } catch (error) {
      void closeLinks(fresh)
      throw error
    }
    return links
  }

  #makeChains({ chains }: AuthenticationSettings): Map<string, AuthenticatorChain> {
    const made = new Map<string, AuthenticatorChain>()
    for (const { chain, authenticators } of chains) {
      const links = authenticators.flatMap((config) => {
        const found = this.#links.get(linkName(chain, authenticatorId(config)))
        return found === undefined ? [] : [found.link]
      })
      if (links.length > 0) made.set(chain, new AuthenticatorChain(links, this.#options))
    }
    return made
  }

  #make(
    settings: AuthenticationSettings,
    made: ReadonlyMap<string, AuthenticatorChain>,
  ): ClientAuthentication {
    const { clock, nodeSecret, shardCount } = this.#ports
    const listeners = new Map(made)
    listeners.delete(GLOBAL_CHAIN)
    const chains: Chains = { global: made.get(GLOBAL_CHAIN), listeners }
    const { resultCache } = settings
    // Whom authenticators accepted that may have gone is not remembered.
    const share = resultCache && {
      ...resultCache,
      entriesMax: Math.ceil(resultCache.entriesMax / shardCount),
    }
    return new ClientAuthentication(settings, chains, {
      ...(this.#pause && { pause: this.#pause }),
      ...(share && { cache: new ResultCache(share, nodeSecret, () => clock.nowMs()) }),
    })
  }

  #makePause({ failurePause }: AuthenticationSettings): FailurePause | undefined {
    return failurePause && new FailurePause(failurePause, this.#options.monotonicMs)
  }

  #retire(chains: readonly AuthenticatorChain[], links: readonly ChainLink[]): void {
    if (links.length === 0) return
    const { signal } = this.#closing
    const waitAndClose = async (): Promise<void> => {
      const idle = Promise.all(chains.map((chain) => chain.idle()))
      const late = delay(STEP_TIMEOUT_MS, undefined, { ref: false, signal }).catch(() => {})
      await Promise.race([idle, late])
      await closeLinks(links)
    }
    const retiring = waitAndClose().finally(() => this.#retiring.delete(retiring))
    this.#retiring.add(retiring)
  }
}

async function closeLinks(links: readonly ChainLink[]): Promise<void> {
  await Promise.allSettled(links.map(async ({ authenticator }) => authenticator.close()))
}

function makeLink(
  config: AuthenticatorConfig,
  chain: string,
  { shardCount, log, clock, store, nodeSecret, readSecret }: AuthenticationPorts,
  passwords: PasswordService,
  meter: LinkMeter,
): ChainLink {
  const id = authenticatorId(config)
  const definition = definitionOf(config)
  try {
    const context = {
      id,
      chain,
      shardCount,
      log,
      clock,
      store,
      passwords,
      nodeSecret,
      readSecret,
    }
    const authenticator = definition.create(config, context)
    return { id, authenticator, methods: definition.methods?.(config) ?? [], meter }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`authenticator ${id} of ${chain} cannot be used: ${reason}`, { cause: error })
  }
}

function definitionOf(config: AuthenticatorConfig): AuthenticatorDefinition {
  const id = authenticatorId(config)
  const found = AUTHENTICATORS.find(({ mechanism, backend }) => {
    return (backend === undefined ? mechanism : `${mechanism}:${backend}`) === id
  })
  // Every form of the configuration has one: catalog.test.ts.
  if (found === undefined) throw new Error(`there is no authenticator ${id}`)
  return found
}

function meterAt({ meters, shard }: AuthenticationPorts, place: number | undefined): LinkMeter {
  return place === undefined ? { count() {} } : new AuthenticatorMeter(meters, shard, place)
}
