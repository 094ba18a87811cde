/** Consumer groups of the stand-in: members, their assignments, and committed offsets. */
import { randomUUID } from 'node:crypto'

/** Error codes of the protocol. */
export const KafkaError = {
  NONE: 0,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  MESSAGE_TOO_LARGE: 10,
  ILLEGAL_GENERATION: 22,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  UNSUPPORTED_SASL_MECHANISM: 33,
  SASL_AUTHENTICATION_FAILED: 58,
} as const

/** A member asks to be let in. */
export interface Joining {
  readonly memberId: string
  readonly instanceId: string | null
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

/** What a member is told when the group has formed. */
export interface Joined {
  readonly generation: number
  readonly protocol: string
  readonly leader: string
  readonly memberId: string
  readonly members: readonly Joining[]
}

interface Member extends Joining {
  /** Told when all have come. */
  readonly answer: ((joined: Joined) => void) | undefined
  readonly assignment: Buffer | undefined
  readonly synced: ((assignment: Buffer) => void) | undefined
}

/** Members that are there already have so long to come again. */
const REJOIN_MS = 2000

/** One group. A named member takes the place of its former self; see KIP-345. */
export class KafkaGroup {
  /** By `topic:partition`. */
  readonly offsets = new Map<string, bigint>()
  readonly #members = new Map<string, Member>()
  #generation = 0
  #timer: NodeJS.Timeout | undefined

  get memberCount(): number {
    return this.#members.size
  }

  join(joining: Joining, answer: (joined: Joined) => void): void {
    for (const [id, { instanceId }] of this.#members) {
      if (instanceId !== null && instanceId === joining.instanceId) this.#members.delete(id)
    }
    const memberId = joining.memberId === '' ? `member-${randomUUID()}` : joining.memberId
    const member = { ...joining, memberId, answer, assignment: undefined, synced: undefined }
    this.#members.set(memberId, member)
    clearTimeout(this.#timer)
    if ([...this.#members.values()].every((one) => one.answer !== undefined)) this.#form()
    else this.#timer = setTimeout(() => this.#form(), REJOIN_MS).unref()
  }

  /** The leader brings all assignments; the others wait for theirs. */
  sync(
    memberId: string,
    assignments: ReadonlyMap<string, Buffer>,
    answer: (assignment: Buffer) => void,
  ): void {
    this.#change(memberId, { synced: answer })
    for (const [id, assignment] of assignments) this.#change(id, { assignment })
    for (const [id, { synced, assignment }] of this.#members) {
      if (synced === undefined || assignment === undefined) continue
      this.#change(id, { synced: undefined })
      synced(assignment)
    }
  }

  /** What a request of a member is answered. */
  check(memberId: string, generation: number): number {
    const member = this.#members.get(memberId)
    if (member === undefined) return KafkaError.UNKNOWN_MEMBER_ID
    if (this.#timer !== undefined) return KafkaError.REBALANCE_IN_PROGRESS
    return generation === this.#generation ? KafkaError.NONE : KafkaError.ILLEGAL_GENERATION
  }

  leave(memberId: string): void {
    this.#members.delete(memberId)
  }

  #form(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [id, { answer }] of this.#members) {
      if (answer === undefined) this.#members.delete(id) // It did not come again.
    }
    this.#generation++
    const members = [...this.#members.values()]
    const [leader] = members
    const protocol = leader?.protocols[0]?.name ?? ''
    for (const { memberId, answer } of members) {
      this.#change(memberId, { answer: undefined })
      const told = { generation: this.#generation, protocol, leader: leader?.memberId ?? '' }
      answer?.({ ...told, memberId, members: memberId === told.leader ? members : [] })
    }
  }

  #change(memberId: string, change: Partial<Member>): void {
    const member = this.#members.get(memberId)
    if (member !== undefined) this.#members.set(memberId, { ...member, ...change })
  }
}
