import { assert } from '#kernel/assert.ts'
import type { GroupMember, GroupRoute, Subscription } from './routes.ts'

/** Members of a group up to which a member is searched from end to end. */
const SEARCH_MAX = 8
const GONE = -1

/** A member as its group keeps it. Only the group changes its fields. */
export class SharedMember implements GroupMember {
  readonly clientId: string
  readonly shard: number
  online: boolean
  stored: boolean
  subscription: Subscription | undefined
  /** Place in `members`; below 0 once it has left. */
  position: number

  constructor(member: GroupMember) {
    this.clientId = member.clientId
    this.shard = member.shard
    this.online = member.online
    this.stored = member.stored
    this.subscription = member.subscription
    this.position = GONE
  }

  /** True until it leaves the group. */
  get joined(): boolean {
    return this.position !== GONE
  }
}

/** Parts of `members`, in their order. */
const Part = { LOCAL_ONLINE: 0, REMOTE_ONLINE: 1, LOCAL_OFFLINE: 2, REMOTE_OFFLINE: 3 } as const

/** Members by client id, which is the same order in all shards. */
interface HashOrder {
  readonly online: SharedMember[]
  readonly offline: SharedMember[]
}

/**
 * One shared subscription. Its members stand in four parts (online before offline, in each this
 * shard's before the others'), so that every strategy finds its candidates side by side; moving a
 * member between parts takes at most three swaps.
 *
 * While a session moves, its old and its new shard both have it as a member: what they tell comes
 * on two ways that do not wait for each other, so each shard speaks for its own member only.
 */
export class SharedGroup implements GroupRoute {
  readonly group: string
  readonly filter: string
  readonly members: SharedMember[]
  /** Place in the list of groups of its filter; the router's. */
  index: number
  /** Where round robin per group stands; -1 = has not begun. The picker's. */
  turn: number
  readonly #ownShard: number
  /** Ends of the first three parts. */
  readonly #ends: [number, number, number]
  #byKey: Map<string, SharedMember> | undefined
  #hashOrder: HashOrder | undefined

  constructor(group: string, filter: string, ownShard: number) {
    this.group = group
    this.filter = filter
    this.members = []
    this.index = 0
    this.turn = -1
    this.#ownShard = ownShard
    this.#ends = [0, 0, 0]
    this.#byKey = undefined
    this.#hashOrder = undefined
  }

  /** Online members stand at 0 .. onlineCount - 1 of `members`, the offline ones behind. */
  get onlineCount(): number {
    return this.#ends[1]
  }

  /** Where the members of this shard end among the online ones, or among the offline ones. */
  localEnd(online: boolean): number {
    return online ? this.#ends[0] : this.#ends[2]
  }

  /** Online or offline members sorted by client id: the same list in all shards. */
  sorted(online: boolean): readonly SharedMember[] {
    this.#hashOrder ??= {
      online: this.members.slice(0, this.#ends[1]).sort(inOrder),
      offline: this.members.slice(this.#ends[1]).sort(inOrder),
    }
    return online ? this.#hashOrder.online : this.#hashOrder.offline
  }

  /** The member with this client id that the shard has told of. */
  find(clientId: string, shard: number): SharedMember | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(memberKey(clientId, shard))
    return this.members.find((member) => member.clientId === clientId && member.shard === shard)
  }

  /** Adds a member, or gives the one of this client id and shard new properties. True when new. */
  join(given: GroupMember): boolean {
    const present = this.find(given.clientId, given.shard)
    if (present !== undefined) {
      this.setOnline(present, given.online)
      present.stored = given.stored
      present.subscription = given.subscription
      return false
    }
    const member = new SharedMember(given)
    this.#putIn(member)
    if (this.#byKey !== undefined) this.#byKey.set(keyOf(member), member)
    else if (this.members.length > SEARCH_MAX) {
      this.#byKey = new Map(this.members.map((each) => [keyOf(each), each]))
    }
    return true
  }

  /** Removes a member of this group. */
  leave(member: SharedMember): void {
    this.#takeOut(member)
    member.position = GONE
    this.#byKey?.delete(keyOf(member))
  }

  /** Notes whether a member of this group is connected. */
  setOnline(member: SharedMember, online: boolean): void {
    if (member.online === online) return
    this.#takeOut(member)
    member.online = online
    this.#putIn(member)
  }

  #partOf(member: SharedMember): number {
    const local = member.shard === this.#ownShard
    if (member.online) return local ? Part.LOCAL_ONLINE : Part.REMOTE_ONLINE
    return local ? Part.LOCAL_OFFLINE : Part.REMOTE_OFFLINE
  }

  #putIn(member: SharedMember): void {
    const part = this.#partOf(member)
    this.members.push(member)
    member.position = this.members.length - 1
    // From the end to its part: each part between gives its first place and gets one behind.
    for (let at = 2; at >= part; at--) {
      this.#swap(member.position, this.#ends[at]!) // In range, here and below: three ends.
      this.#ends[at]!++
    }
    const order = this.#hashOrder
    if (order !== undefined) insertSorted(member.online ? order.online : order.offline, member)
  }

  #takeOut(member: SharedMember): void {
    assert(this.members[member.position] === member, 'the member belongs to this group')
    const part = this.#partOf(member)
    for (let at = part; at <= 2; at++) {
      this.#ends[at]!--
      this.#swap(member.position, this.#ends[at]!)
    }
    this.#swap(member.position, this.members.length - 1)
    this.members.pop()
    const order = this.#hashOrder
    if (order !== undefined) removeSorted(member.online ? order.online : order.offline, member)
  }

  #swap(a: number, b: number): void {
    const memberA = this.members[a]! // In range, here and below: places of members.
    const memberB = this.members[b]!
    this.members[a] = memberB
    this.members[b] = memberA
    memberA.position = b
    memberB.position = a
  }
}

function memberKey(clientId: string, shard: number): string {
  return `${shard}/${clientId}`
}

function keyOf({ clientId, shard }: SharedMember): string {
  return memberKey(clientId, shard)
}

/** By code units, not by locale, then by shard: the same everywhere. */
function inOrder(a: SharedMember, b: SharedMember): number {
  if (a.clientId !== b.clientId) return a.clientId < b.clientId ? -1 : 1
  return a.shard - b.shard
}

function insertSorted(list: SharedMember[], member: SharedMember): void {
  list.splice(sortedPlace(list, member), 0, member)
}

function removeSorted(list: SharedMember[], member: SharedMember): void {
  const place = sortedPlace(list, member)
  assert(list[place] === member, 'the sorted list holds the member')
  list.splice(place, 1)
}

/** The place of the first member not before this one. */
function sortedPlace(list: readonly SharedMember[], member: SharedMember): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (inOrder(list[middle]!, member) < 0) low = middle + 1 // In range: low <= middle < high.
    else high = middle
  }
  return low
}
