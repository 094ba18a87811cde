import type { Clock, KvStore } from '#broker/ports.ts'
import {
  type Ban,
  BAN_KINDS,
  type BanKind,
  type BanSubject,
  compileBan,
  isExactKind,
  subjectName,
} from './ban.ts'
import { readBan, scanBans } from './ban-table.ts'

interface PatternBan {
  readonly ban: Ban
  readonly test: (subject: BanSubject) => boolean
}

const EXACT_KINDS = BAN_KINDS.filter(isExactKind)
const PATTERN_KINDS = BAN_KINDS.filter((kind) => !isExactKind(kind))

/**
 * The bans as one shard applies them. Bans of a client, a user or an address are looked up in the
 * store; those with patterns, of which there are few, are held in memory.
 */
export class Bans {
  readonly #store: KvStore
  readonly #clock: Clock
  readonly #patterns = new Map<string, PatternBan>()
  /** Kinds of which there may be bans: the store is not asked for others. */
  readonly #kinds = new Set<BanKind>()

  constructor(store: KvStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#load()
  }

  /** The ban that holds for a client now; undefined when it may come in. */
  find(subject: BanSubject): Ban | undefined {
    const nowMs = this.#clock.nowMs()
    for (const kind of EXACT_KINDS) {
      if (!this.#kinds.has(kind)) continue
      const name = subjectName(kind, subject)
      const ban = name === undefined ? undefined : readBan(this.#store, kind, name)
      if (ban !== undefined && holds(ban, nowMs)) return ban
    }
    for (const { ban, test } of this.#patterns.values()) {
      if (holds(ban, nowMs) && test(subject)) return ban
    }
    return undefined
  }

  /** A ban was made, or replaced. */
  added(ban: Ban): void {
    if (isExactKind(ban.as)) this.#kinds.add(ban.as)
    else this.#patterns.set(`${ban.as} ${ban.who}`, { ban, test: compileBan(ban) })
  }

  removed(kind: BanKind, who: string): void {
    this.#patterns.delete(`${kind} ${who}`)
  }

  /** All bans are gone. */
  cleared(): void {
    this.#patterns.clear()
    this.#kinds.clear()
  }

  #load(): void {
    for (const kind of EXACT_KINDS) {
      const firstOnly = (): boolean => {
        this.#kinds.add(kind)
        return false
      }
      scanBans(this.#store, firstOnly, kind)
    }
    for (const kind of PATTERN_KINDS) {
      const take = (ban: Ban): boolean => {
        this.added(ban)
        return true
      }
      scanBans(this.#store, take, kind)
    }
  }
}

/** Whether a ban is not over yet. */
export function holds({ untilMs }: Ban, nowMs: number): boolean {
  return untilMs === undefined || untilMs > nowMs
}
