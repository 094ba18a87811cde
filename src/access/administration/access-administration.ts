import type { Clock, KvStore, StoreFailure } from '#broker/ports.ts'
import {
  readRules,
  removeRules,
  type RuleSubject,
  scanRules,
  type StoredRule,
  subjectKey,
  type SubjectRules,
  writeRules,
} from '../authorization/rules/rule-table.ts'
import { compileRule } from '../authorization/rule.ts'
import { type Ban, BanError, type BanKind, compileBan, isExactKind } from '../protection/ban.ts'
import { banKey, readBan, removeBan, scanBans, writeBan } from '../protection/ban-table.ts'
import { holds } from '../protection/bans.ts'

/** What has changed, for all shards. Can be sent to threads. */
export type AccessChange =
  | { readonly kind: 'banned'; readonly bans: readonly Ban[] }
  | { readonly kind: 'unbanned'; readonly as: BanKind; readonly who: string }
  | { readonly kind: 'all-unbanned' }
  | { readonly kind: 'rules' }
  /** Remembered decisions are void. */
  | { readonly kind: 'forget' }

/** Which entries of a list to show. */
export interface PageQuery {
  /** Part of the name. */
  readonly like?: string
  /** Key of the entry after which to begin; see `banKey`, `subjectKey`. */
  readonly after?: string
  readonly skip: number
  readonly limit: number
}

/** Which bans to show. */
export interface BanQuery extends PageQuery {
  readonly as?: BanKind
}

/** A part of a list, and how many entries it has in all. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly count: number
}

/** Rules that cannot be stored: which ones, and why. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
  readonly code: 'BAD_REQUEST' | 'ALREADY_EXISTS' | 'EXCEED_LIMIT'

  constructor(message: string, code: RuleError['code'] = 'BAD_REQUEST') {
    super(message)
    this.code = code
  }
}

/** Bans with patterns are tried one after the other for every client that connects. */
const PATTERN_BANS_MAX = 1_000
const BANS_MAX = 1_000_000
/** Entries written in one batch of the store. */
const BATCH_ENTRIES = 1_000

/** What the administration works with. */
export interface AdministrationParts {
  readonly store: KvStore
  readonly clock: Clock
  /** `max_rules` of the built-in database at the moment. */
  readonly rulesMax: () => number
  /**
   * Tells all shards, this one first; resolves when the change holds in all of them. Called when
   * it is in the store.
   */
  readonly tell: (change: AccessChange) => Promise<void>
}

/**
 * The one place where bans and stored rules are changed. It lives in one shard, writes into the
 * store that all shards read, and tells them. Everything resolves when it is durable and holds in
 * all shards; when it rejects because of the store, the change takes effect as soon as the store
 * can write again.
 */
export class AccessAdministration {
  readonly #parts: AdministrationParts
  #banCount = 0
  #patternCount = 0

  constructor(parts: AdministrationParts) {
    this.#parts = parts
    scanBans(parts.store, (ban) => {
      this.#counted(ban.as, 1)
      return true
    })
  }

  /**
   * Bans clients, replacing bans of the same; who is connected is sent away.
   * @param mode `keep`: bans that are there stay as they are
   * @throws BanError when one of them cannot be made: none is then
   */
  async ban(bans: readonly Ban[], mode: 'replace' | 'keep' = 'replace'): Promise<number> {
    const { store } = this.#parts
    for (const ban of bans) compileBan(ban)
    const fresh = bans.filter((ban) => readBan(store, ban.as, ban.who) === undefined)
    const patterns = fresh.filter(({ as }) => !isExactKind(as)).length
    if (this.#banCount + fresh.length > BANS_MAX) {
      throw new BanError(`there may be at most ${BANS_MAX} bans`, 'EXCEED_LIMIT')
    }
    if (this.#patternCount + patterns > PATTERN_BANS_MAX) {
      const limit = `there may be at most ${PATTERN_BANS_MAX} bans with patterns or networks`
      throw new BanError(limit, 'EXCEED_LIMIT')
    }
    const written = mode === 'keep' ? fresh : bans
    for (let at = 0; at < written.length; at += BATCH_ENTRIES) {
      const batch = written.slice(at, at + BATCH_ENTRIES)
      for (const ban of batch) {
        if (readBan(store, ban.as, ban.who) === undefined) this.#counted(ban.as, 1)
        writeBan(store, ban)
      }
      await this.#commit({ kind: 'banned', bans: batch })
    }
    return written.length
  }

  /** Lifts a ban; false when there is none. */
  async unban(as: BanKind, who: string): Promise<boolean> {
    const { store } = this.#parts
    if (readBan(store, as, who) === undefined) return false
    removeBan(store, as, who)
    this.#counted(as, -1)
    await this.#commit({ kind: 'unbanned', as, who })
    return true
  }

  /** Lifts all bans; how many there were. */
  async unbanAll(): Promise<number> {
    return this.#removeBans(() => true)
  }

  /** Removes bans that are over. They do not hold in any case. */
  async removeOverBans(): Promise<number> {
    const nowMs = this.#parts.clock.nowMs()
    return this.#removeBans((ban) => !holds(ban, nowMs))
  }

  /** A page of the bans that hold, by kind and name. */
  async listBans(query: BanQuery): Promise<Page<Ban>> {
    const { as, like = '' } = query
    const nowMs = this.#parts.clock.nowMs()
    return pageOf(query, (take) => {
      scanBans(
        this.#parts.store,
        (ban) => {
          if (holds(ban, nowMs) && ban.who.includes(like)) take(ban, banKey(ban.as, ban.who))
          return true
        },
        as,
      )
    })
  }

  /**
   * Stores the rules about subjects.
   * @param mode `create`: a subject that has rules already is an error, and nothing is stored
   * @throws RuleError
   */
  async setRules(
    entries: readonly SubjectRules[],
    mode: 'create' | 'replace' = 'replace',
  ): Promise<void> {
    const { store } = this.#parts
    for (const { subject, rules } of entries) {
      this.#checkRules(subject, rules)
      if (mode === 'create' && readRules(store, subject) !== undefined) {
        throw new RuleError(`there are rules about ${nameOf(subject)} already`, 'ALREADY_EXISTS')
      }
    }
    for (let at = 0; at < entries.length; at += BATCH_ENTRIES) {
      for (const entry of entries.slice(at, at + BATCH_ENTRIES)) writeRules(store, entry)
      await this.#commit({ kind: 'rules' })
    }
  }

  /** The rules about a subject; undefined when there are none. */
  async rulesOf(subject: RuleSubject): Promise<readonly StoredRule[] | undefined> {
    return readRules(this.#parts.store, subject)
  }

  /** A page of the subjects that have rules, in the order of their names. */
  async listRules(kind: 'client' | 'user', query: PageQuery): Promise<Page<SubjectRules>> {
    const { like = '' } = query
    return pageOf(query, (take) => {
      scanRules(this.#parts.store, kind, (entry) => {
        if (nameOf(entry.subject).includes(like)) take(entry, subjectKey(entry.subject))
        return true
      })
    })
  }

  /** Removes the rules about a subject; false when there are none. */
  async removeRules(subject: RuleSubject): Promise<boolean> {
    const { store } = this.#parts
    if (readRules(store, subject) === undefined) return false
    removeRules(store, subject)
    await this.#commit({ kind: 'rules' })
    return true
  }

  /** Removes all rules; about how many subjects there were some. */
  async purgeRules(): Promise<number> {
    const { store } = this.#parts
    const subjects: RuleSubject[] = []
    for (const kind of ['client', 'user', 'all'] as const) {
      scanRules(store, kind, ({ subject }) => {
        subjects.push(subject)
        return true
      })
    }
    for (const subject of subjects) removeRules(store, subject)
    await this.#commit({ kind: 'rules' })
    return subjects.length
  }

  /** Makes all connections forget what was decided about them. */
  async forgetDecisions(): Promise<void> {
    await this.#parts.tell({ kind: 'forget' })
  }

  #counted(kind: BanKind, by: number): void {
    this.#banCount += by
    if (!isExactKind(kind)) this.#patternCount += by
  }

  async #removeBans(isOver: (ban: Ban) => boolean): Promise<number> {
    const { store } = this.#parts
    const over: Ban[] = []
    scanBans(store, (ban) => {
      if (isOver(ban)) over.push(ban)
      return true
    })
    for (const { as, who } of over) {
      removeBan(store, as, who)
      this.#counted(as, -1)
    }
    if (over.length === 0) return 0
    const isAll = this.#banCount === 0
    if (!isAll) {
      for (const { as, who } of over) void this.#parts.tell({ kind: 'unbanned', as, who })
    }
    await this.#commit(isAll ? { kind: 'all-unbanned' } : undefined)
    return over.length
  }

  #checkRules(subject: RuleSubject, rules: readonly StoredRule[]): void {
    const rulesMax = this.#parts.rulesMax()
    if (rules.length > rulesMax) {
      const limit = `${nameOf(subject)} may have at most ${rulesMax} rules (max_rules)`
      throw new RuleError(limit, 'EXCEED_LIMIT')
    }
    for (const [index, rule] of rules.entries()) {
      try {
        compileRule(rule)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new RuleError(`rule ${index + 1} of ${nameOf(subject)}: ${reason}`)
      }
    }
  }

  async #commit(change: AccessChange | undefined): Promise<void> {
    const { store, tell } = this.#parts
    const { promise, resolve } = Promise.withResolvers<StoreFailure | undefined>()
    store.barrier(resolve)
    store.commit()
    const failure = await promise
    // Also after a failure: the store goes on trying, and reads see what it will write.
    if (change !== undefined) await tell(change)
    if (failure !== undefined) throw new Error(`the change is not stored yet: ${failure.message}`)
  }
}

function nameOf(subject: RuleSubject): string {
  return subject.kind === 'all' ? 'all clients' : subject.name
}

function pageOf<Item>(
  { after, skip, limit }: PageQuery,
  visit: (take: (item: Item, key: string) => void) => void,
): Page<Item> {
  const items: Item[] = []
  let count = 0
  let passed = 0
  visit((item, key) => {
    count++
    if (after !== undefined && key <= after) return
    if (passed++ >= skip && items.length < limit) items.push(item)
  })
  return { items, count }
}

/** What can be asked of the administration from elsewhere. */
export type AdministrationMethod = keyof AccessAdministration
