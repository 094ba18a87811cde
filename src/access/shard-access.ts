import { isDeepStrictEqual } from 'node:util'
import type {
  Access,
  AccessControl,
  AuthenticateResult,
  Clock,
  ConnectRequest,
  Identity,
  KvStore,
  Log,
  Refused,
  RememberedDecision,
} from '#broker/ports.ts'
import type { QoS } from '#broker/qos.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { AuthorizationConfig } from '#config/fields/authorization/authorization.ts'
import type { FlappingConfig } from '#config/fields/protection.ts'
import { hashString } from '#kernel/hash.ts'
import { AccessAdministration, type AccessChange } from './administration/access-administration.ts'
import type {
  AuthenticationSettings,
  AuthenticatorReport,
  ShardAuthentication,
} from './authentication/shard-authentication.ts'
import type { ClientAuthorization, Done } from './authorization/client-authorization.ts'
import type { SourceReport } from './authorization/source-chain.ts'
import { type Ban, compileBans } from './protection/ban.ts'
import { Bans, holds } from './protection/bans.ts'
import type { ConnectionTally } from './protection/connection-tally.ts'
import { Flapping } from './protection/flapping.ts'

/** What access of one shard tells that of another. */
type AccessMessage =
  /** To the shard of the administration. */
  | { readonly kind: 'ban'; readonly ban: Ban }
  /** From the shard of the administration to all others. */
  | { readonly kind: 'change'; readonly change: AccessChange; readonly token: number }
  /** The change with this token holds. */
  | { readonly kind: 'changed'; readonly token: number }
  /** To the shard that counts how often this client leaves. */
  | { readonly kind: 'left'; readonly clientId: string; readonly zone: string }

/** Limits of connections over all shards; Infinity = none. */
export interface ConnectionLimits {
  readonly perUser: number
  readonly perAddress: number
}

/** What the clients of a zone are held to. */
export interface ZoneProtection {
  readonly flapping: FlappingConfig
  readonly limits: ConnectionLimits
}

/** What can be changed while the shard runs. Can be sent to a thread. */
export interface AccessSettings extends ZoneProtection {
  readonly authentication: AuthenticationSettings
  readonly authorization: AuthorizationConfig
  /** In place of what holds in general, by name. */
  readonly zones: ReadonlyMap<string, ZoneProtection>
  /** `max_rules` of the built-in database. */
  readonly rulesMax: number
}

type ProtectionSettings = Pick<AccessSettings, 'flapping' | 'limits' | 'zones' | 'rulesMax'>

/** Name of what holds in general, which no zone has. */
const GENERAL = ''

/** How the backends of one shard are doing. */
export interface AccessReport {
  readonly authenticators: readonly AuthenticatorReport[]
  readonly sources: readonly SourceReport[]
}

/** What protects a shard, and how it reaches the others. */
export interface ShardAccessParts {
  readonly shard: number
  readonly shardCount: number
  readonly log: Log
  readonly clock: Clock
  readonly store: KvStore
  readonly authentication: ShardAuthentication
  readonly authorization: ClientAuthorization
  readonly settings: ProtectionSettings
  readonly users: ConnectionTally
  readonly addresses: ConnectionTally
  /** Sends something to access of another shard. */
  readonly send: (to: number, message: unknown) => void
  /** Closes the connections of the clients that the test holds for. */
  readonly kick: (matches: (client: Identity) => boolean) => void
}

/** Shard in which bans and rules are changed. */
const ADMINISTRATION_SHARD = 0
const SWEEP_MS = 60_000

const BANNED: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.BANNED,
  reasonString: 'The client is banned.',
})
const TOO_MANY_OF_USER: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.QUOTA_EXCEEDED,
  reasonString: 'The user has as many connections as it may (mqtt.max_connections_per_user).',
})
const TOO_MANY_OF_ADDRESS: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.QUOTA_EXCEEDED,
  reasonString: 'The address has as many connections as it may (mqtt.max_connections_per_address).',
})

/** Access control of one shard: bans, authentication, limits of connections, authorization. */
export class ShardAccess implements AccessControl {
  /** In one of the shards. */
  readonly administration: AccessAdministration | undefined
  readonly #parts: ShardAccessParts
  readonly #bans: Bans
  /** Clients that were counted: limits may have come while others were connected. */
  readonly #countedOfUser = new WeakSet<Identity>()
  readonly #countedOfAddress = new WeakSet<Identity>()
  /** By zone. */
  #flapping: ReadonlyMap<string, Flapping> = new Map()
  #settings: ProtectionSettings
  readonly #sweep: NodeJS.Timeout | undefined
  /** Changes that other shards were told of, and how many of them have not answered. */
  readonly #told = new Map<number, { open: number; readonly resolve: () => void }>()
  #nextToken = 0

  constructor(parts: ShardAccessParts) {
    const { store, clock, settings } = parts
    this.#parts = parts
    this.#settings = settings
    this.#bans = new Bans(store, clock)
    this.#flapping = this.#makeFlapping(settings)
    if (parts.shard !== ADMINISTRATION_SHARD) return
    const tell = (change: AccessChange): Promise<void> => this.#tell(change)
    const rulesMax = (): number => this.#settings.rulesMax
    const administration = new AccessAdministration({ store, clock, rulesMax, tell })
    this.administration = administration
    this.#sweep = setInterval(() => {
      administration.removeOverBans().catch((error: unknown) => this.#failed(error))
    }, SWEEP_MS).unref()
  }

  authenticate(request: ConnectRequest, done: (result: AuthenticateResult) => void): void {
    const ban = this.#bans.find(request)
    if (ban === undefined) return this.#parts.authentication.authenticate(request, done)
    this.#parts.log.debug('banned_client_refused', { clientid: request.clientId, as: ban.as })
    done(BANNED)
  }

  admit(who: Identity): Refused | undefined {
    const { users, addresses } = this.#parts
    const { username, wire } = who
    const { zones, limits } = this.#settings
    const { perUser, perAddress } = zones.get(wire.zone ?? '')?.limits ?? limits
    if (perAddress !== Infinity && !addresses.take(wire.peerHost, perAddress)) {
      return TOO_MANY_OF_ADDRESS
    }
    const isOfUser = perUser !== Infinity && username !== undefined
    if (isOfUser && !users.take(username, perUser)) {
      if (perAddress !== Infinity) addresses.give(wire.peerHost)
      return TOO_MANY_OF_USER
    }
    if (perAddress !== Infinity) this.#countedOfAddress.add(who)
    if (isOfUser) this.#countedOfUser.add(who)
    return undefined
  }

  left(who: Identity): void {
    const { users, addresses, shard, shardCount } = this.#parts
    if (this.#countedOfAddress.delete(who)) addresses.give(who.wire.peerHost)
    if (this.#countedOfUser.delete(who) && who.username !== undefined) users.give(who.username)
    const zone = who.wire.zone ?? GENERAL
    if (!this.#flappingOf(zone).isOn) return
    const { clientId } = who
    const home = hashString(clientId) % shardCount
    if (home === shard) this.#countLeft(clientId, zone)
    else this.#send(home, { kind: 'left', clientId, zone })
  }

  recallPublish(who: Identity, topic: string, qos: QoS, retain: boolean): Access {
    return this.#parts.authorization.recallPublish(who, topic, qos, retain)
  }

  authorizePublish(who: Identity, topic: string, qos: QoS, retain: boolean, done: Done): Access {
    return this.#parts.authorization.authorizePublish(who, topic, qos, retain, done)
  }

  authorizeSubscribe(who: Identity, filter: string, qos: QoS, done: Done): Access {
    return this.#parts.authorization.authorizeSubscribe(who, filter, qos, done)
  }

  get decidedBy(): string {
    return this.#parts.authorization.decidedBy
  }

  remembered(who: Identity): readonly RememberedDecision[] {
    return this.#parts.authorization.remembered(who)
  }

  forgetDecisions(who: Identity): void {
    this.#parts.authorization.forgetDecisions(who)
  }

  siblingSent(from: number, sent: unknown): void {
    const message = sent as AccessMessage // Access of a sibling sends nothing else.
    switch (message.kind) {
      case 'ban':
        return this.#ban(message.ban)
      case 'change':
        this.#changed(message.change)
        return this.#send(from, { kind: 'changed', token: message.token })
      case 'changed':
        return this.#holds(message.token)
      case 'left':
        return this.#countLeft(message.clientId, message.zone)
    }
  }

  /** Takes changed files of rules into use. */
  reload(): void {
    this.#parts.authorization.reload()
  }

  /**
   * Obeys other settings: clients that come from now on are authenticated by them, and all clients
   * are authorized by them.
   * @throws an Error that names what cannot work; a part of the settings may hold then
   */
  configure(settings: AccessSettings): void {
    const { authentication, authorization } = this.#parts
    authentication.configure(settings.authentication)
    authorization.configure(settings.authorization)
    this.#flapping = this.#makeFlapping(settings)
    this.#settings = settings
  }

  /** How the backends of this shard are doing. */
  report(): AccessReport {
    const { authentication, authorization } = this.#parts
    return { authenticators: authentication.report(), sources: authorization.report() }
  }

  /** Lets go of what authentication and authorization hold. */
  async close(): Promise<void> {
    const { authentication, authorization } = this.#parts
    clearInterval(this.#sweep)
    await Promise.all([authentication.close(), authorization.close()])
  }

  /** Counts go on where the settings are the same. */
  #makeFlapping(settings: ProtectionSettings): ReadonlyMap<string, Flapping> {
    const { clock } = this.#parts
    const wanted = new Map<string, ZoneProtection>([[GENERAL, settings], ...settings.zones])
    return new Map(
      [...wanted].map(([zone, { flapping: config }]) => {
        const before = this.#flapping.get(zone)
        const isSame = before !== undefined && isDeepStrictEqual(before.config, config)
        return [zone, isSame ? before : new Flapping(config, () => clock.monotonicMs())]
      }),
    )
  }

  #flappingOf(zone: string): Flapping {
    const flapping = this.#flapping.get(zone) ?? this.#flapping.get(GENERAL)
    if (flapping === undefined) throw new Error('there is always a general one')
    return flapping
  }

  /** Resolves when the change holds in all shards. */
  #tell(change: AccessChange): Promise<void> {
    const { shard, shardCount } = this.#parts
    this.#changed(change)
    if (shardCount === 1) return Promise.resolve()
    const token = this.#nextToken++
    for (let other = 0; other < shardCount; other++) {
      if (other !== shard) this.#send(other, { kind: 'change', change, token })
    }
    return new Promise((resolve) => this.#told.set(token, { open: shardCount - 1, resolve }))
  }

  #holds(token: number): void {
    const told = this.#told.get(token)
    if (told === undefined || --told.open > 0) return
    this.#told.delete(token)
    told.resolve()
  }

  #send(to: number, message: AccessMessage): void {
    this.#parts.send(to, message)
  }

  #changed(change: AccessChange): void {
    switch (change.kind) {
      case 'banned':
        return this.#banned(change.bans)
      case 'unbanned':
        return this.#bans.removed(change.as, change.who)
      case 'all-unbanned':
        return this.#bans.cleared()
      case 'rules':
        return this.#parts.authorization.rulesChanged()
      case 'forget':
        return this.#parts.authorization.forget()
    }
  }

  #banned(bans: readonly Ban[]): void {
    const nowMs = this.#parts.clock.nowMs()
    for (const ban of bans) this.#bans.added(ban)
    this.#parts.kick(compileBans(bans.filter((ban) => holds(ban, nowMs))))
  }

  #countLeft(clientId: string, zone: string): void {
    const flapping = this.#flappingOf(zone)
    if (!flapping.left(clientId)) return
    const atMs = this.#parts.clock.nowMs()
    const ban: Ban = {
      as: 'clientid',
      who: clientId,
      by: 'flapping detector',
      reason: 'flapping is detected',
      atMs,
      untilMs: atMs + flapping.banMs,
    }
    this.#parts.log.warn('flapping_detected', { clientid: clientId })
    this.#ban(ban)
  }

  #ban(ban: Ban): void {
    if (this.administration === undefined) {
      this.#send(ADMINISTRATION_SHARD, { kind: 'ban', ban })
    } else this.administration.ban([ban]).catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#parts.log.error('access_not_changed', { reason })
  }
}
