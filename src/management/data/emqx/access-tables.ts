/** Tables of EMQX about clients: users of the built-in database, their rules, bans. */
import { GLOBAL_CHAIN } from '#access/authentication/users/user-table.ts'
import { formatAddress } from '#net/ip-address.ts'
import type { TableRow } from '../table-rows.ts'
import type { Term } from '#codec/erlang/external-term.ts'
import type { MnesiaRecord } from './mnesia-table.ts'
import { NotTaken } from './not-taken.ts'
import { atomName, isList, isTrue, isTuple, itemsOf, textOf } from './term-values.ts'

type UserRow = TableRow<'builtin_authn'>
type RulesRow = TableRow<'builtin_authz'>
type Rule = RulesRow['rules'][number]
type BanRow = TableRow<'banned'>

/** Chains of listeners are called as these are. */
const LISTENER = /^(?:tcp|ssl|ws|wss|quic):/
/** Labels of those whom rules are about. */
const USERNAME = 1
const CLIENT_ID = 2

const FOR_SOME = 'rules for some addresses or clients only, which forbid for all or were left out'

/** `emqx_authn_mnesia`: users with passwords. */
export function passwordUser(record: MnesiaRecord): UserRow {
  const { group, userId } = userOf(record)
  const hash = textOf(record.get('password_hash'))
  const salt = textOf(record.get('salt'))
  if (hash === undefined || salt === undefined) throw new NotTaken(userId, 'no hash of a password')
  return {
    chain: chainOf(group, userId),
    mechanism: 'password_based',
    userId,
    credential: { isSuperuser: isTrue(record.get('is_superuser')), hash, salt },
  }
}

/**
 * `emqx_authn_scram_mnesia`: users of SCRAM, of whatever chain. How often their passwords were
 * hashed stands in the configuration of the authenticator only.
 */
export function scramUser(record: MnesiaRecord, iterations: number): UserRow {
  const { group, userId } = userOf(record)
  const bytes = ['stored_key', 'server_key', 'salt'].map((key) => record.get(key))
  const [storedKey, serverKey, salt] = bytes
  if (!Buffer.isBuffer(storedKey) || !Buffer.isBuffer(serverKey) || !Buffer.isBuffer(salt)) {
    throw new NotTaken(userId, 'no keys of SCRAM')
  }
  const digest = storedKey.length === 64 ? 'sha512' : 'sha256'
  return {
    chain: LISTENER.test(group) ? group : GLOBAL_CHAIN,
    mechanism: 'scram',
    userId,
    credential: {
      isSuperuser: isTrue(record.get('is_superuser')),
      digest,
      iterations,
      salt: salt.toString('base64'),
      storedKey: storedKey.toString('base64'),
      serverKey: serverKey.toString('base64'),
    },
  }
}

const DENY_ALL: Rule = { permission: 'deny', action: 'all', topic: '#' }

/**
 * `emqx_acl`: the rules about a client, a user, or all. A rule for some addresses only, which
 * there is not here, forbids for all of them when it forbids, and is left out when it allows. One
 * that cannot be read is left out when it allows; else it forbids everything.
 */
export function rulesOfSubject(
  record: MnesiaRecord,
  tell: (reason: string, who: string) => void,
): RulesRow {
  const subject = subjectOf(record.get('who'))
  const who = subject.kind === 'all' ? 'all' : subject.name
  const written = record.get('rules')
  if (!isList(written)) throw new NotTaken(who, 'rules that cannot be read')
  const read = (rule: Term): readonly Rule[] => {
    try {
      return rulesOf(rule, who, tell)
    } catch (error) {
      if (!(error instanceof NotTaken)) throw error
      tell(error.message, who)
      return atomName(itemsOf(rule)[0]) === 'allow' ? [] : [DENY_ALL]
    }
  }
  return { subject, rules: written.flatMap(read) }
}

/** `emqx_banned` and `emqx_banned_rules`. Undefined: it is over. */
export function ban(record: MnesiaRecord, nowMs: number): BanRow | undefined {
  const [kind, subject] = itemsOf(record.get('who'))
  const as = atomName(kind) ?? ''
  const who = bannedName(as, subject)
  if (who === undefined || !isBanKind(as)) throw new NotTaken(as, 'bans of this kind')
  const until = record.get('until')
  const untilMs = typeof until === 'number' ? until * 1000 : undefined
  if (untilMs !== undefined && untilMs <= nowMs) return undefined
  return {
    as,
    who,
    by: textOf(record.get('by')) ?? '',
    reason: textOf(record.get('reason')) ?? '',
    atMs: Number(record.get('at')) * 1000,
    ...(untilMs !== undefined && { untilMs }),
  }
}

/** Key of a user: its chain, or with SCRAM the authenticator, and its name. */
function userOf(record: MnesiaRecord): { readonly group: string; readonly userId: string } {
  const [group, name] = itemsOf(record.get('user_id')).map(textOf)
  if (group === undefined || name === undefined || name === '') {
    throw new NotTaken('?', 'names that are no text')
  }
  return { group, userId: name }
}

function chainOf(group: string, userId: string): string {
  if (group === GLOBAL_CHAIN || LISTENER.test(group)) return group
  throw new NotTaken(userId, `users of ${group}, which is not here`)
}

function subjectOf(who: Term | undefined): RulesRow['subject'] {
  if (who === 0) return { kind: 'all' }
  const [label, written] = itemsOf(who)
  const name = textOf(written)
  if (name === undefined || name === '' || (label !== USERNAME && label !== CLIENT_ID)) {
    throw new NotTaken(name ?? '?', 'rules about somebody who is no client and no user')
  }
  return { kind: label === USERNAME ? 'user' : 'client', name }
}

/**
 * `{Permission, Action, Topic}`; later versions have `{Permission, Who, Action, [Topic]}`.
 * @param tell called for a rule that holds for some of the clients only
 * @throws NotTaken
 */
function rulesOf(
  rule: Term,
  subject: string,
  tell: (reason: string, who: string) => void,
): readonly Rule[] {
  const items = itemsOf(rule)
  const [permission, action, topics] =
    items.length === 4 ? [items[0], items[2], items[3]] : [items[0], items[1], items[2]]
  const isForSome = items.length === 4 && atomName(items[1]) !== 'all'
  const allowed = atomName(permission)
  if (allowed !== 'allow' && allowed !== 'deny')
    throw new NotTaken(subject, 'rules that say nothing')
  if (isForSome) tell(FOR_SOME, subject)
  if (isForSome && allowed === 'allow') return []
  const acts = actionOf(action, subject)
  const named = items.length === 4 && isList(topics) ? topics : [topics]
  return named.map((topic) => {
    return { permission: allowed, ...acts, topic: topicOf(topic, subject) }
  })
}

/** `publish`, or `{publish, [{qos, 1 | [1]}, {retain, true}]}`. */
function actionOf(action: Term | undefined, subject: string): Omit<Rule, 'permission' | 'topic'> {
  const [name, options] = isTuple(action) ? action.items : [action]
  const verb = atomName(name)
  if (verb !== 'publish' && verb !== 'subscribe' && verb !== 'all') {
    throw new NotTaken(subject, 'rules for something else than publish and subscribe')
  }
  const given = new Map(
    (isList(options) ? options : []).map((option) => {
      const [key, value] = itemsOf(option)
      return [atomName(key) ?? '', value] as const
    }),
  )
  const qos = given.get('qos')
  const retain = atomName(given.get('retain'))
  return {
    action: verb,
    ...(qos !== undefined && { qos: (isList(qos) ? qos : [qos]).filter(isQoS) }),
    ...((retain === 'true' || retain === 'false') && { retain: retain === 'true' }),
  }
}

function isQoS(term: Term): term is 0 | 1 | 2 {
  return term === 0 || term === 1 || term === 2
}

/** A filter; one to be compared as text is `eq …`, or a tuple with it. */
function topicOf(topic: Term | undefined, subject: string): string {
  const [mark, compared] = itemsOf(topic)
  const text = atomName(mark) === 'eq' ? textOf(compared) : textOf(topic)
  if (text === undefined || text === '') throw new NotTaken(subject, 'rules for topics of no text')
  return mark === undefined ? text : `eq ${text}`
}

function isBanKind(kind: string): kind is BanRow['as'] {
  return /^(?:clientid|username)(?:_re)?$|^peerhost(?:_net)?$/.test(kind)
}

function bannedName(kind: string, subject: Term | undefined): string | undefined {
  switch (kind) {
    case 'peerhost':
      return addressOf(subject)
    case 'peerhost_net': {
      // First and last address, length of the prefix.
      const [first, , length] = itemsOf(subject)
      const address = addressOf(first)
      return address === undefined ? undefined : `${address}/${Number(length)}`
    }
    case 'clientid_re':
    case 'username_re':
      // Compiled, and as it was written.
      return textOf(itemsOf(subject)[1])
    default:
      return textOf(subject)
  }
}

/** Four or eight numbers. */
function addressOf(address: Term | undefined): string | undefined {
  const parts = itemsOf(address).map(Number)
  if (parts.length === 4) return parts.join('.')
  if (parts.length !== 8) return undefined
  const text = parts.map((part) => part.toString(16)).join(':')
  return new URL(`http://${formatAddress(text, 80)}`).hostname.slice(1, -1)
}
