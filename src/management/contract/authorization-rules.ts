/** Rules of the built-in database: about clients, about users, and about all. */
import { Type } from 'typebox'
import type { Static, TObject, TOptional, TString } from 'typebox'
import { closed, mqttText, oneOf, pageOf, pageQuery, pathText, Qos } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Authorization'
const PATH = '/authorization/sources/built_in_database/rules'

const Rule = closed({
  permission: oneOf(['allow', 'deny']),
  action: oneOf(['publish', 'subscribe', 'all']),
  topic: mqttText('Filter, which may hold `${clientid}` and others; `eq ` in front: as it is.'),
  qos: Type.Optional(Type.Array(Qos, { description: 'Without it: all.' })),
  retain: Type.Optional(
    Type.Unsafe<boolean | 'all' | 'true' | 'false'>({
      enum: [true, false, 'all', 'true', 'false'],
      description: 'Of a publish; without it: `all`.',
    }),
  ),
})
export type RuleBody = Static<typeof Rule>
const Rules = Type.Array(Rule, { maxItems: 10_000 })

/** The rules of one subject, which is a client or a user. */
export interface SubjectRulesBody {
  readonly clientid?: string
  readonly username?: string
  readonly rules: readonly RuleBody[]
}

type Named = TObject<{ clientid: TOptional<TString>; username: TOptional<TString> }>
type Liked = TObject<{
  page: (typeof pageQuery)['page']
  limit: (typeof pageQuery)['limit']
  cursor: (typeof pageQuery)['cursor']
  like_clientid: TOptional<TString>
  like_username: TOptional<TString>
}>

/** The operations on the rules about clients, or about users. */
function subjectOperations(kind: 'clients' | 'users') {
  const [id, name, text] =
    kind === 'clients' ? ['Client', 'clientid', 'Client id.'] : ['User', 'username', 'User name.']
  const path = `${PATH}/${kind}`
  const body = Type.Unsafe<SubjectRulesBody>(closed({ [name]: mqttText(text), rules: Rules }))
  const named = pathText(name, text) as unknown as Named // One of the two.
  const liked = Type.Object({
    ...pageQuery,
    [`like_${name}`]: Type.Optional(mqttText(`Part of the name. ${text}`)),
  }) as unknown as Liked // One of the two.
  return {
    list: operation({
      id: `list${id}Rules`,
      method: 'GET',
      path,
      tag,
      summary: `Rules about ${kind} in the built-in database.`,
      permission: 'read',
      query: liked,
      replies: { 200: pageOf(body) },
    }),
    create: operation({
      id: `create${id}Rules`,
      method: 'POST',
      path,
      tag,
      summary: `Add rules about ${kind} that have none yet.`,
      permission: 'write',
      body: Type.Array(body),
      replies: { 204: empty('Added.') },
      errors: [409],
    }),
    get: operation({
      id: `get${id}Rules`,
      method: 'GET',
      path: `${path}/{${name}}`,
      tag,
      summary: `Rules about one of the ${kind}.`,
      permission: 'read',
      params: named,
      replies: { 200: body },
      errors: [404],
    }),
    put: operation({
      id: `put${id}Rules`,
      method: 'PUT',
      path: `${path}/{${name}}`,
      tag,
      summary: `Set the rules about one of the ${kind}.`,
      permission: 'write',
      params: named,
      body: Type.Unsafe<SubjectRulesBody>(
        closed({ [name]: Type.Optional(mqttText(text)), rules: Rules }),
      ),
      replies: { 204: empty('Set.') },
    }),
    remove: operation({
      id: `delete${id}Rules`,
      method: 'DELETE',
      path: `${path}/{${name}}`,
      tag,
      summary: `Remove the rules about one of the ${kind}.`,
      permission: 'write',
      params: named,
      replies: { 204: empty('Removed.') },
      errors: [404],
    }),
  }
}

export const clientRules = subjectOperations('clients')
export const userRules = subjectOperations('users')

export const getRulesForAll = operation({
  id: 'getRulesForAll',
  method: 'GET',
  path: `${PATH}/all`,
  tag,
  summary: 'Rules about everybody.',
  permission: 'read',
  replies: { 200: Type.Object({ rules: Rules }) },
})

export const setRulesForAll = operation({
  id: 'setRulesForAll',
  method: 'POST',
  path: `${PATH}/all`,
  tag,
  summary: 'Set the rules about everybody.',
  permission: 'write',
  body: closed({ rules: Rules }),
  replies: { 204: empty('Set.') },
})

export const deleteRulesForAll = operation({
  id: 'deleteRulesForAll',
  method: 'DELETE',
  path: `${PATH}/all`,
  tag,
  summary: 'Remove the rules about everybody.',
  permission: 'write',
  replies: { 204: empty('Removed.') },
})

export const purgeRules = operation({
  id: 'purgeRules',
  method: 'DELETE',
  path: PATH,
  tag,
  summary: 'Remove all rules; the source has to be switched off or removed before.',
  permission: 'write',
  replies: { 204: empty('Removed.') },
})
