/** What a backup holds beside the configuration: tables, each as lines of JSON. */
import type { StoredUser } from '#access/authentication/users/user-directory.ts'
import {
  type RuleSubject,
  subjectKey,
  type SubjectRules,
} from '#access/authorization/rules/rule-table.ts'
import { type Ban, compileBan } from '#access/protection/ban.ts'
import type { SqlRow } from '#storage/sqlite/sqlite-database.ts'
import type { ManagementContext } from '../context.ts'
import { WATCHED_TOPICS_MAX } from '../contract/watch.ts'
import { delayedSet, retainedSet } from './message-sets.ts'
import type { TableRow } from './table-rows.ts'
import type { TableSet, TypedTableSet } from './table-set.ts'

/** Subjects and bans asked for at a time. */
const PART = 10_000
const NOTHING_PASSED_OVER: readonly string[] = []

/** All tables, in the order in which they are restored. */
export function tableSets(context: ManagementContext): readonly TableSet[] {
  return [
    dashboardUsers(context),
    apiKeys(context),
    authenticationUsers(context),
    subjectRules(context),
    banSet(context),
    watchedTopics(context),
    retainedSet(context),
    delayedSet(context),
  ]
}

function dashboardUsers({ users, tokens }: ManagementContext): TypedTableSet<SqlRow> {
  return {
    name: 'dashboard_users',
    rows: async () => users.dump(),
    keyOf: ({ username }) => String(username),
    check: (rows) => users.checkRestore(rows),
    async restore(rows) {
      for (const username of users.restore(rows)) tokens.endAllOf(username)
      return NOTHING_PASSED_OVER
    },
    async remove(rows) {
      for (const { username } of rows) users.remove(String(username))
    },
  }
}

function apiKeys({ keys }: ManagementContext): TypedTableSet<SqlRow> {
  return {
    name: 'api_keys',
    rows: async () => keys.dump(),
    keyOf: ({ name }) => String(name),
    check: (rows) => keys.checkRestore(rows),
    async restore(rows) {
      keys.restore(rows)
      return NOTHING_PASSED_OVER
    },
    async remove(rows) {
      for (const { name } of rows) keys.remove(String(name))
    },
  }
}

function authenticationUsers({ node }: ManagementContext): TypedTableSet<StoredUser> {
  const { authenticationUsers: directory } = node
  return {
    name: 'builtin_authn',
    rows: async () => directory.dump(),
    keyOf: ({ chain, mechanism, userId }) => JSON.stringify([chain, mechanism, userId]),
    async restore(rows) {
      await directory.restore(rows)
      return NOTHING_PASSED_OVER
    },
    remove: (rows) => directory.forget(rows),
  }
}

function subjectRules(context: ManagementContext): TypedTableSet<SubjectRules> {
  const { access } = context.node
  return {
    name: 'builtin_authz',
    rows: () => storedRules(context),
    keyOf: ({ subject }) => subjectKey(subject),
    async restore(rows) {
      await access.setRules(rows, 'replace')
      return NOTHING_PASSED_OVER
    },
    async remove(rows) {
      for (const { subject } of rows) await access.removeRules(subject)
    },
  }
}

function banSet(context: ManagementContext): TypedTableSet<Ban> {
  const { access } = context.node
  return {
    name: 'banned',
    rows: () => bans(context),
    keyOf: ({ as, who }) => `${as} ${who}`,
    check(rows) {
      for (const ban of rows) compileBan(ban)
    },
    async restore(rows) {
      await access.ban(rows, 'replace')
      return NOTHING_PASSED_OVER
    },
    async remove(rows) {
      for (const { as, who } of rows) await access.unban(as, who)
    },
  }
}

function watchedTopics({
  topicMetrics,
}: ManagementContext): TypedTableSet<TableRow<'topic_metrics'>> {
  return {
    name: 'topic_metrics',
    rows: async () => topicMetrics.dump(),
    keyOf: ({ topic }) => topic,
    check(rows) {
      const fresh = rows.filter(({ topic }) => !topicMetrics.has(topic))
      if (topicMetrics.count + fresh.length <= WATCHED_TOPICS_MAX) return
      throw new Error(`there may be ${WATCHED_TOPICS_MAX} topics at most`)
    },
    async restore(rows) {
      for (const { topic, createdAtMs } of rows) {
        if (!topicMetrics.has(topic)) await topicMetrics.add(topic, createdAtMs)
      }
      return NOTHING_PASSED_OVER
    },
    async remove(rows) {
      for (const { topic } of rows) await topicMetrics.remove(topic)
    },
  }
}

async function storedRules({ node }: ManagementContext): Promise<readonly SubjectRules[]> {
  const { access } = node
  const all: SubjectRules[] = []
  for (const kind of ['client', 'user'] as const) {
    for (let skip = 0; ; skip += PART) {
      const { items } = await access.listRules(kind, { skip, limit: PART })
      all.push(...items)
      if (items.length < PART) break
    }
  }
  const subject: RuleSubject = { kind: 'all' }
  const forAll = await access.rulesOf(subject)
  return forAll === undefined ? all : [...all, { subject, rules: forAll }]
}

async function bans({ node }: ManagementContext): Promise<readonly Ban[]> {
  const all: Ban[] = []
  for (let skip = 0; ; skip += PART) {
    const { items } = await node.access.listBans({ skip, limit: PART })
    all.push(...items)
    if (items.length < PART) return all
  }
}
