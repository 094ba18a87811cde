import type { KvStore } from '#broker/ports.ts'
import { builtInDatabaseSource } from '#config/fields/authorization/built-in-database.ts'
import { defineAuthorizer } from '#plugin/define-authorizer.ts'
import { compileRule, decideByRules, type Rule } from '../rule.ts'
import { readRules, type RuleSubject, subjectKey } from './rule-table.ts'

/** Subjects whose compiled rules one shard holds; the oldest goes for a further one. */
const SUBJECTS_MAX = 10_000
const NO_RULES: readonly Rule[] = Object.freeze([])
const ALL: RuleSubject = Object.freeze({ kind: 'all' })

/**
 * `type = built_in_database`: the rules about the client, then those about the user, then those
 * about all; the first one that fits decides.
 */
export const builtInDatabaseAuthorizer = defineAuthorizer({
  type: 'built_in_database',
  fields: [builtInDatabaseSource],
  create(_config, { store }) {
    const rules = new CompiledRules(store)
    return {
      authorize(request) {
        const { clientId, username } = request.client
        const ofClient = decideByRules(rules.of({ kind: 'client', name: clientId }), request)
        if (ofClient !== 'ignore') return ofClient
        if (username !== undefined) {
          const ofUser = decideByRules(rules.of({ kind: 'user', name: username }), request)
          if (ofUser !== 'ignore') return ofUser
        }
        return decideByRules(rules.of(ALL), request)
      },
      status: () => ({ status: 'connected' }),
      rulesChanged: () => rules.clear(),
      close() {},
    }
  },
})

class CompiledRules {
  readonly #store: KvStore
  readonly #subjects = new Map<string, readonly Rule[]>()

  constructor(store: KvStore) {
    this.#store = store
  }

  of(subject: RuleSubject): readonly Rule[] {
    const key = subjectKey(subject)
    const known = this.#subjects.get(key)
    if (known !== undefined) return known
    const rules = readRules(this.#store, subject)?.map((rule) => compileRule(rule)) ?? NO_RULES
    if (this.#subjects.size >= SUBJECTS_MAX) {
      for (const oldest of this.#subjects.keys()) {
        this.#subjects.delete(oldest)
        break
      }
    }
    this.#subjects.set(key, rules)
    return rules
  }

  clear(): void {
    this.#subjects.clear()
  }
}
