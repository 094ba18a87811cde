import type { Clock, KvStore, Log } from '#broker/ports.ts'
import { authenticatorId } from '#config/fields/authentication/authentication.ts'
import type { AuthenticatorConfig } from '#config/fields/authentication/authentication.ts'
import type { AuthenticatorDefinition } from '#plugin/define-authenticator.ts'
import { AuthenticatorMeter, METERS_MAX } from './authenticator-meter.ts'
import { AUTHENTICATORS } from './catalog.ts'
import { AuthenticatorChain, type ChainLink, type LinkMeter } from './chain.ts'
import { ClientAuthentication } from './client-authentication.ts'
import type { AttemptMemory, ClientAuthenticationSettings } from './client-authentication.ts'
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

/** Everything about authentication that a shard is started with. Can be sent to a thread. */
export interface AuthenticationSettings extends ClientAuthenticationSettings {
  readonly chains: readonly ChainSettings[]
  /** Undefined: nobody has to wait. */
  readonly failurePause: FailurePauseSettings | undefined
  /** Undefined: nobody is remembered. */
  readonly resultCache: ResultCacheSettings | undefined
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

/**
 * Makes the authentication of one shard.
 * @throws an Error that names the authenticator whose configuration cannot work
 */
export function makeAuthentication(
  settings: AuthenticationSettings,
  ports: AuthenticationPorts,
): ClientAuthentication {
  const { clock, log } = ports
  const options = {
    log,
    monotonicMs: () => clock.monotonicMs(),
    timeoutMs: STEP_TIMEOUT_MS,
    waitingMax: WAITING_MAX,
  }
  const passwords = new PasswordService(options.monotonicMs)
  const chains = new Map<string, AuthenticatorChain>()
  let place = 0
  for (const { chain, authenticators } of settings.chains) {
    const links: ChainLink[] = []
    for (const config of authenticators) {
      const meter = meterAt(ports, place++)
      if (config.enable) links.push(makeLink(config, chain, ports, passwords, meter))
    }
    if (links.length > 0) chains.set(chain, new AuthenticatorChain(links, options))
  }
  const global = chains.get(GLOBAL_CHAIN)
  chains.delete(GLOBAL_CHAIN)
  const memory = makeMemory(settings, ports)
  return new ClientAuthentication(settings, { global, listeners: chains }, passwords, memory)
}

function makeMemory(
  { failurePause, resultCache }: AuthenticationSettings,
  { clock, nodeSecret, shardCount }: AuthenticationPorts,
): AttemptMemory {
  const share = resultCache && {
    ...resultCache,
    entriesMax: Math.ceil(resultCache.entriesMax / shardCount),
  }
  return {
    ...(failurePause && { pause: new FailurePause(failurePause, () => clock.monotonicMs()) }),
    ...(share && { cache: new ResultCache(share, nodeSecret, () => clock.nowMs()) }),
  }
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

function meterAt({ meters, shard }: AuthenticationPorts, place: number): LinkMeter {
  return place < METERS_MAX ? new AuthenticatorMeter(meters, shard, place) : { count() {} }
}
