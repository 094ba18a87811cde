/**
 * The grammar of `acl.conf`: one tuple per rule,
 * `{allow | deny, Who, publish | subscribe | all, [Topic]}.`, or `{allow | deny, all}.`
 */
import {
  allOf,
  anyOf,
  ConditionError,
  equals,
  fromNetworks,
  matchesPattern,
  ofAttribute,
  ofClientId,
  ofListener,
  ofUser,
  ofZone,
  type TextTest,
} from './conditions.ts'
import { parseTerms, type Term, TermError } from './erlang-terms.ts'
import { type Condition, EVERY_QOS, everybody, qosBitsOf, type Rule } from './rule.ts'
import { compileTopic, equalTopic, type TopicPattern, TopicPatternError } from './topic-pattern.ts'

const RULE_FORM =
  '{allow | deny, Who, publish | subscribe | all, [Topic, …]} or {allow | deny, all}'
const WHO_FORM =
  'all, {username, Text}, {clientid, Text}, {client_attr, Name, Text}, {ipaddr, Network}, ' +
  "{ipaddrs, [Network, …]}, {listener, Text}, {zone, Text}, {'and', […]} or {'or', […]}; " +
  'Text may be {re, Pattern}'

/**
 * The rules of a file, in order.
 * @throws TermError, whose message says the line, the column and what is expected there
 */
export function parseAclFile(text: string): readonly Rule[] {
  return parseTerms(text).map(toRule)
}

function toRule(term: Term): Rule {
  const [permission, who, action, topics, ...rest] = itemsOf(term, 'tuple', RULE_FORM)
  const allowed = atomAmong(permission, term, ['allow', 'deny'])
  if (who !== undefined && isAtom(who, 'all') && action === undefined) {
    const all = { who: everybody, action: 'all', qosBits: EVERY_QOS, retain: undefined } as const
    return { permission: allowed, ...all, topics: undefined }
  }
  if (who === undefined || action === undefined || topics === undefined || rest.length > 0) {
    throw new TermError(`a rule is ${RULE_FORM}`, term.at)
  }
  return {
    permission: allowed,
    who: toCondition(who),
    ...toAction(action),
    topics: itemsOf(topics, 'list', 'a list of topics').map(toTopic),
  }
}

function toCondition(term: Term): Condition {
  if (isAtom(term, 'all')) return everybody
  const items = itemsOf(term, 'tuple', WHO_FORM)
  const [key, first, second] = items
  const name = key?.kind === 'atom' ? key.name : ''
  const isLong = name === 'client_attr'
  if (first === undefined || items.length !== (isLong ? 3 : 2)) {
    throw new TermError(`expected ${WHO_FORM}`, term.at)
  }
  return compiled(term, () => {
    switch (name) {
      case 'user':
      case 'username':
        return ofUser(toTest(first))
      case 'client':
      case 'clientid':
        return ofClientId(toTest(first))
      case 'listener':
        return ofListener(toTest(first))
      case 'zone':
        return ofZone(toTest(first))
      case 'client_attr':
        return ofAttribute(textOf(first), toTest(second ?? first))
      case 'ipaddr':
        return fromNetworks([textOf(first)])
      case 'ipaddrs':
        return fromNetworks(itemsOf(first, 'list', 'a list of networks').map(textOf))
      case 'and':
        return allOf(itemsOf(first, 'list', 'a list of conditions').map(toCondition))
      case 'or':
        return anyOf(itemsOf(first, 'list', 'a list of conditions').map(toCondition))
      default:
        throw new TermError(`expected ${WHO_FORM}`, term.at)
    }
  })
}

/** A text, or `{re, Pattern}`. */
function toTest(term: Term): TextTest {
  if (term.kind !== 'tuple') return equals(textOf(term))
  const [kind, pattern] = term.items
  if (term.items.length !== 2 || !isAtom(kind, 're') || pattern === undefined) {
    throw new TermError('expected a text or {re, Pattern}', term.at)
  }
  const text = textOf(pattern)
  return compiled(pattern, () => matchesPattern(text))
}

type Action = Pick<Rule, 'action' | 'qosBits' | 'retain'>

/** `publish`, or `{publish, [{qos, 1}, {retain, false}]}`. */
function toAction(term: Term): Action {
  const actions = ['publish', 'subscribe', 'all'] as const
  if (term.kind === 'atom') {
    return { action: atomAmong(term, term, actions), qosBits: EVERY_QOS, retain: undefined }
  }
  const form = 'publish, subscribe, all, or {publish, [{qos, 1}, {retain, false}]}'
  const [name, options, ...rest] = itemsOf(term, 'tuple', form)
  if (options === undefined || rest.length > 0) throw new TermError(`expected ${form}`, term.at)
  const action = atomAmong(name, term, actions)
  let qosBits = EVERY_QOS
  let retain: boolean | undefined
  for (const option of itemsOf(options, 'list', 'a list of {qos, …} and {retain, …}')) {
    const [key, value, ...more] = itemsOf(option, 'tuple', '{qos, 1} or {retain, true}')
    if (value === undefined || more.length > 0) {
      throw new TermError('expected {qos, 1} or {retain, true}', option.at)
    }
    if (atomAmong(key, option, ['qos', 'retain']) === 'qos') qosBits = toQosBits(value)
    else retain = toRetain(value)
  }
  return { action, qosBits, retain }
}

function toQosBits(term: Term): number {
  if (isAtom(term, 'all')) return EVERY_QOS
  const items = term.kind === 'list' ? term.items : [term]
  const levels = items.map((item) => {
    if (item.kind === 'integer' && item.value >= 0 && item.value <= 2) return item.value
    throw new TermError('expected a QoS: 0, 1, 2, or a list of them', item.at)
  })
  if (levels.length === 0) throw new TermError('expected at least one QoS', term.at)
  return qosBitsOf(levels)
}

function toRetain(term: Term): boolean | undefined {
  const value = atomAmong(term, term, ['true', 'false', 'all'])
  return value === 'all' ? undefined : value === 'true'
}

/** A filter, `"eq filter"`, or `{eq, "filter"}`. */
function toTopic(term: Term): TopicPattern {
  if (term.kind !== 'tuple') return compiled(term, () => compileTopic(textOf(term)))
  const [kind, text, ...rest] = term.items
  if (!isAtom(kind, 'eq') || text === undefined || rest.length > 0) {
    throw new TermError('expected a topic filter or {eq, Topic}', term.at)
  }
  return compiled(text, () => equalTopic(textOf(text)))
}

/** Gives an error of what is compiled the place of its term. */
function compiled<T>(term: Term, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (error instanceof TopicPatternError || error instanceof ConditionError) {
      throw new TermError(error.message, term.at)
    }
    throw error
  }
}

function isAtom(term: Term | undefined, name: string): boolean {
  return term?.kind === 'atom' && term.name === name
}

function atomAmong<const Name extends string>(
  term: Term | undefined,
  around: Term,
  names: readonly Name[],
): Name {
  const found = term?.kind === 'atom' ? names.find((name) => name === term.name) : undefined
  if (found !== undefined) return found
  throw new TermError(`expected ${names.join(', ')}`, (term ?? around).at)
}

function itemsOf(term: Term, kind: 'tuple' | 'list', expected: string): readonly Term[] {
  if (term.kind === kind) return term.items
  throw new TermError(`expected ${expected}`, term.at)
}

/** A string; an atom is taken as one, as EMQX does. */
function textOf(term: Term): string {
  if (term.kind === 'string') return term.text
  if (term.kind === 'atom') return term.name
  throw new TermError('expected a text in quotes', term.at)
}
