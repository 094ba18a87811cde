import {
  type RuleSubject,
  type StoredRule,
  subjectKey,
  type SubjectRules,
} from '#access/authorization/rules/rule-table.ts'
import {
  clientRules,
  deleteRulesForAll,
  getRulesForAll,
  purgeRules,
  type RuleBody,
  setRulesForAll,
  type SubjectRulesBody,
  userRules,
} from '../contract/authorization-rules.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import type { StoredRulePort } from '../node-port.ts'
import { type Listing, readPage } from './read-page.ts'

const ALL: RuleSubject = { kind: 'all' }
const ALL_QOS = [0, 1, 2] as const

/** Rules in the built-in database; a change holds in all shards when it is answered. */
export function authorizationRuleRoutes(context: ManagementContext): readonly Route[] {
  const { access, config } = context.node
  return [
    ...subjectRoutes(context, 'client'),
    ...subjectRoutes(context, 'user'),
    route(getRulesForAll, async () =>
      ok({ rules: ((await access.rulesOf(ALL)) ?? []).map(toBody) }),
    ),
    route(setRulesForAll, async ({ body }) => {
      await store(access, [{ subject: ALL, rules: body.rules.map(toRule) }], 'replace')
      return noContent()
    }),
    route(deleteRulesForAll, async () => {
      await access.removeRules(ALL)
      return noContent()
    }),
    route(purgeRules, async () => {
      const { sources } = config.current.authorization
      if (sources.some(({ type, enable }) => type === 'built_in_database' && enable)) {
        throw badRequest('The source built_in_database must be switched off before.')
      }
      await access.purgeRules()
      return noContent()
    }),
  ]
}

function subjectRoutes({ node }: ManagementContext, kind: 'client' | 'user'): readonly Route[] {
  const { access } = node
  const operations = kind === 'client' ? clientRules : userRules
  return [
    route(operations.list, ({ query }) => {
      const like = query.like_clientid ?? query.like_username
      const listing: Listing<SubjectRules, ['string']> = {
        shape: ['string'],
        keyOf: ({ subject }) => [subjectKey(subject)],
        read: ({ after, skip, limit }) =>
          access.listRules(kind, {
            skip,
            limit,
            ...(after !== undefined && { after: after[0] }),
            ...(like !== undefined && { like }),
          }),
      }
      return readPage(query, listing, toSubjectBody)
    }),
    route(operations.create, async ({ body }) => {
      const entries = body.map((entry) => {
        return { subject: subjectOf(kind, entry), rules: entry.rules.map(toRule) }
      })
      await store(access, entries, 'create')
      return noContent()
    }),
    route(operations.get, async ({ params }) => {
      const subject = subjectOf(kind, params)
      const rules = await access.rulesOf(subject)
      if (rules === undefined) throw noRules(subject)
      return ok(toSubjectBody({ subject, rules }))
    }),
    route(operations.put, async ({ params, body }) => {
      const entry = { subject: subjectOf(kind, params), rules: body.rules.map(toRule) }
      await store(access, [entry], 'replace')
      return noContent()
    }),
    route(operations.remove, async ({ params }) => {
      const subject = subjectOf(kind, params)
      if (!(await access.removeRules(subject))) throw noRules(subject)
      return noContent()
    }),
  ]
}

async function store(
  access: StoredRulePort,
  entries: readonly SubjectRules[],
  mode: 'create' | 'replace',
): Promise<void> {
  try {
    await access.setRules(entries, mode)
  } catch (error) {
    throw toRefusal(error)
  }
}

/** Errors of other threads keep their name and code. */
function toRefusal(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'RuleError') return error
  const { code } = error as { code?: unknown }
  const message = `body: ${error.message}.`
  if (code === 'ALREADY_EXISTS') return conflict(message, 'ALREADY_EXISTS')
  return code === 'EXCEED_LIMIT' ? new ApiError(400, 'EXCEED_LIMIT', message) : badRequest(message)
}

function subjectOf(
  kind: 'client' | 'user',
  names: Pick<SubjectRulesBody, 'clientid' | 'username'>,
): RuleSubject {
  return { kind, name: (kind === 'client' ? names.clientid : names.username) ?? '' }
}

function noRules(subject: RuleSubject): ApiError {
  const name = subject.kind === 'all' ? 'all' : `${subject.kind} ${subject.name}`
  return notFound(`There are no rules about the ${name}.`)
}

function toRule({ permission, action, topic, qos, retain }: RuleBody): StoredRule {
  const isAny = retain === undefined || retain === 'all'
  return {
    permission,
    action,
    topic,
    ...(qos !== undefined && { qos }),
    ...(!isAny && { retain: retain === true || retain === 'true' }),
  }
}

function toBody({ permission, action, topic, qos, retain }: StoredRule): RuleBody {
  return { topic, permission, action, qos: [...(qos ?? ALL_QOS)], retain: retain ?? 'all' }
}

function toSubjectBody({ subject, rules }: SubjectRules): SubjectRulesBody {
  const bodies = rules.map(toBody)
  if (subject.kind === 'all') return { rules: bodies }
  const { kind, name } = subject
  return { ...(kind === 'client' ? { clientid: name } : { username: name }), rules: bodies }
}
