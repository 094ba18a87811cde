import { hashString } from '#kernel/hash.ts'
import { unreachable } from '#kernel/assert.ts'
import type { SharedGroupSettings, StickyPickName } from '../limits.ts'
import type { Random } from '../ports.ts'
import type { GroupMember, GroupRoute } from './routes.ts'
import type { SharedGroup, SharedMember } from './shared-group.ts'
import type { TopicEntry } from './topic-entry.ts'

/** Groups whose picks one publisher remembers; beyond it the oldest memory goes. */
const REMEMBERED_MAX = 256

/** Strategy of all groups, and of single groups by name. `BrokerSettings` is one. */
export interface SharedSettings {
  readonly shared: SharedGroupSettings
  readonly sharedGroups: ReadonlyMap<string, SharedGroupSettings>
}

/** Where one publisher stands with one group. */
class Pick {
  /** Place picked last in turn; -1 = none yet. */
  turn: number
  stuckTo: SharedMember | undefined

  constructor() {
    this.turn = -1
    this.stuckTo = undefined
  }
}

/**
 * What one publishing session remembers for the strategies `round_robin` and `sticky`, which go by
 * publisher. The session makes it with its first publish to a group and keeps it.
 */
export class PickMemory {
  readonly clientIdHash: number
  readonly #picks: Map<GroupRoute, Pick>
  #lastGroup: GroupRoute | undefined
  #lastPick: Pick

  constructor(clientId: string) {
    this.clientIdHash = hashString(clientId)
    this.#picks = new Map()
    this.#lastGroup = undefined
    this.#lastPick = new Pick()
  }

  /** Groups remembered. */
  get count(): number {
    return this.#picks.size
  }

  /** For the picker. */
  of(group: GroupRoute): Pick {
    if (group === this.#lastGroup) return this.#lastPick
    let pick = this.#picks.get(group)
    if (pick === undefined) {
      pick = new Pick()
      if (this.#picks.size >= REMEMBERED_MAX) {
        const oldest = this.#picks.keys().next()
        if (oldest.done !== true) this.#picks.delete(oldest.value)
      }
      this.#picks.set(group, pick)
    }
    this.#lastGroup = group
    this.#lastPick = pick
    return pick
  }
}

/**
 * Chooses the member of a shared subscription that gets a message (§4.8.2). Constant time and
 * without allocation while nobody is excluded; otherwise it passes over excluded members one by
 * one. Offline members get something only while no member is online.
 */
export class SharedPicker {
  /** May be replaced at any time. */
  settings: SharedSettings
  readonly #random: Random
  /** Memory of the broker's own messages, which have no session. */
  readonly #ownMemory: PickMemory
  // What the pick under way chooses from: kept here so that a pick allocates nothing.
  #online: boolean
  #from: number
  #to: number
  #exclude: ReadonlySet<string> | undefined

  constructor(random: Random, settings: SharedSettings) {
    this.settings = settings
    this.#random = random
    this.#ownMemory = new PickMemory('')
    this.#online = true
    this.#from = 0
    this.#to = 0
    this.#exclude = undefined
  }

  /**
   * The member that gets this message, undefined when there is none.
   * @param publisher memory of the publishing session; undefined for messages of the broker
   * @param exclude client ids that must not get it: they refused it, or could not be reached
   */
  pick(
    route: GroupRoute,
    topic: TopicEntry,
    publisher: PickMemory | undefined,
    exclude?: ReadonlySet<string>,
  ): GroupMember | undefined {
    const { shared, sharedGroups } = this.settings
    const settings = sharedGroups.size === 0 ? shared : (sharedGroups.get(route.group) ?? shared)
    const memory = publisher ?? this.#ownMemory
    const group = route as SharedGroup // The router makes no other routes of groups.
    const { onlineCount } = group
    this.#exclude = exclude
    this.#online = true
    this.#from = 0
    this.#to = onlineCount
    const member = this.#choose(group, settings, topic, memory)
    if (member !== undefined) return member
    this.#online = false
    this.#from = onlineCount
    this.#to = group.members.length
    return this.#choose(group, settings, topic, memory)
  }

  #choose(
    group: SharedGroup,
    settings: SharedGroupSettings,
    topic: TopicEntry,
    memory: PickMemory,
  ): SharedMember | undefined {
    if (this.#from === this.#to) return undefined
    switch (settings.strategy) {
      case 'round_robin': {
        const pick = memory.of(group)
        const member = this.#inTurn(group, pick.turn)
        if (member !== undefined) pick.turn = member.position
        return member
      }
      case 'round_robin_per_group': {
        const member = this.#inTurn(group, group.turn)
        if (member !== undefined) group.turn = member.position
        return member
      }
      case 'sticky':
        return this.#stick(group, settings.initialStickyPick, topic, memory)
      default:
        return this.#afresh(group, settings.strategy, topic, memory)
    }
  }

  /** Strategies without memory. */
  #afresh(
    group: SharedGroup,
    strategy: StickyPickName,
    topic: TopicEntry,
    memory: PickMemory,
  ): SharedMember | undefined {
    switch (strategy) {
      case 'random':
        return this.#anyOf(group, this.#from, this.#to)
      case 'local': {
        const localEnd = group.localEnd(this.#online)
        return this.#anyOf(group, this.#from, localEnd) ?? this.#anyOf(group, localEnd, this.#to)
      }
      case 'hash_clientid':
        return this.#byHash(group, memory.clientIdHash)
      case 'hash_topic':
        return this.#byHash(group, topic.hash)
      default:
        return unreachable(strategy, 'strategy')
    }
  }

  /** The member the publisher got before, as long as he can; else a first pick that he keeps. */
  #stick(
    group: SharedGroup,
    initial: StickyPickName,
    topic: TopicEntry,
    memory: PickMemory,
  ): SharedMember | undefined {
    const pick = memory.of(group)
    const before = pick.stuckTo
    const stays = before !== undefined && before.joined && before.online === this.#online
    if (stays && !this.#isExcluded(before)) return before
    const member = this.#afresh(group, initial, topic, memory)
    if (member !== undefined) pick.stuckTo = member
    return member
  }

  /** The one behind `turn`; whoever begins does so anywhere, so that short sessions spread. */
  #inTurn(group: SharedGroup, turn: number): SharedMember | undefined {
    const { members } = group
    if (turn < 0) return this.#anyOf(group, this.#from, this.#to)
    const next = turn + 1
    const start = next >= this.#from && next < this.#to ? next : this.#from
    return this.#firstFrom(members, this.#from, this.#to, start)
  }

  #anyOf(group: SharedGroup, from: number, to: number): SharedMember | undefined {
    if (from === to) return undefined
    const start = from + Math.floor(this.#random.next() * (to - from))
    return this.#firstFrom(group.members, from, to, start)
  }

  #byHash(group: SharedGroup, hash: number): SharedMember | undefined {
    const sorted = group.sorted(this.#online)
    return this.#firstFrom(sorted, 0, sorted.length, hash % sorted.length)
  }

  /** The first that is not excluded, from `start` round to the one before it. */
  #firstFrom(
    members: readonly SharedMember[],
    from: number,
    to: number,
    start: number,
  ): SharedMember | undefined {
    let at = start
    do {
      const member = members[at]! // In range: `from` <= `at` < `to` <= length.
      if (!this.#isExcluded(member)) return member
      at = at + 1 === to ? from : at + 1
    } while (at !== start)
    return undefined
  }

  #isExcluded(member: SharedMember): boolean {
    return this.#exclude !== undefined && this.#exclude.has(member.clientId)
  }
}
