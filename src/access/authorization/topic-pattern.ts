/** The topics of a rule: filters with placeholders, and texts that are compared as they are. */
import { DEFAULT_ZONE } from '#broker/limits.ts'
import type { Identity } from '#broker/ports.ts'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import { validateTopicFilterText } from '#codec/mqtt/topic.ts'

/** A topic of a rule, compiled. */
export type TopicPattern =
  /** This very text, for publish and subscribe alike. */
  | { readonly kind: 'equal'; readonly text: string }
  | { readonly kind: 'filter'; readonly filter: string }
  /** A filter with placeholders: texts and values in turn. */
  | { readonly kind: 'template'; readonly parts: readonly Part[] }

type Part = string | { readonly name: string }

const EQUAL_PREFIX = 'eq '
const TOPIC_LEVELS_MAX = 65_535
const ATTRIBUTE_PREFIX = 'client_attrs.'
const NAMES: readonly string[] = ['clientid', 'username', 'cert_common_name', 'zone']
/** A value with one of these would name other levels, or more topics, than the rule means. */
const UNSAFE_VALUE = /[+#/\0]/
const PLACEHOLDER = /\$\{([^}]*)\}/g

/** A topic of a rule that cannot be used; the message begins with what it is. */
export class TopicPatternError extends Error {
  override readonly name = 'TopicPatternError'
}

/**
 * Compiles the topic of a rule: a filter, which may hold `${clientid}`, `${username}`,
 * `${cert_common_name}`, `${zone}` and `${client_attrs.<name>}`; `${$}` stands for a dollar sign.
 * With `eq ` in front the rest is compared as text.
 * @throws TopicPatternError
 */
export function compileTopic(text: string): TopicPattern {
  if (text.startsWith(EQUAL_PREFIX)) return equalTopic(text.slice(EQUAL_PREFIX.length))
  const parts: Part[] = []
  let at = 0
  let literal = ''
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = match[1] ?? ''
    literal += text.slice(at, match.index)
    at = match.index + match[0].length
    if (name === '$') {
      literal += '$'
      continue
    }
    checkPlaceholder(name, text)
    if (literal !== '') parts.push(literal)
    parts.push({ name })
    literal = ''
  }
  literal += text.slice(at)
  if (parts.length === 0) return { kind: 'filter', filter: checked(literal, text) }
  if (literal !== '') parts.push(literal)
  checked(parts.map((part) => (typeof part === 'string' ? part : 'x')).join(''), text)
  return { kind: 'template', parts }
}

/**
 * A topic that is compared as text.
 * @throws TopicPatternError when it is empty
 */
export function equalTopic(text: string): TopicPattern {
  return { kind: 'equal', text: checked(text, text) }
}

function checkPlaceholder(name: string, text: string): void {
  const isAttribute = name.startsWith(ATTRIBUTE_PREFIX) && name.length > ATTRIBUTE_PREFIX.length
  if (isAttribute || NAMES.includes(name)) return
  const known = [...NAMES, `${ATTRIBUTE_PREFIX}<name>`].map((one) => `\${${one}}`).join(', ')
  throw new TopicPatternError(`\${${name}} in "${text}" is no placeholder; there are ${known}`)
}

function checked(filter: string, written: string): string {
  const invalid = validateTopicFilterText(filter, TOPIC_LEVELS_MAX)
  if (invalid === undefined) return filter
  throw new TopicPatternError(`"${written}" is no topic filter: ${invalid.detail}`)
}

/**
 * True when the pattern covers what the client asks for: the topic of a publish, or every topic of
 * the filter of a subscription. A pattern with a value that the client does not have, or that is
 * not a part of one level, covers nothing.
 */
export function coversTopic(
  pattern: TopicPattern,
  client: Identity,
  topic: string,
  isFilter: boolean,
): boolean {
  if (pattern.kind === 'equal') return pattern.text === topic
  const filter = pattern.kind === 'filter' ? pattern.filter : render(pattern.parts, client)
  if (filter === undefined) return false
  return isFilter ? coversFilter(filter, topic) : matchesFilter(filter, topic)
}

/** True when every topic that `asked` matches is matched by `filter` too. Both are valid. */
export function coversFilter(filter: string, asked: string): boolean {
  if (!matchesFilter(filter, asked)) return false
  if (!asked.endsWith('#')) return true
  // `+` stands for one level, `#` for any number of them: only `#` covers `#`, at its own level or
  // above.
  return filter.endsWith('#') && levelsOf(filter) <= levelsOf(asked)
}

function levelsOf(filter: string): number {
  let levels = 1
  for (let at = filter.indexOf('/'); at !== -1; at = filter.indexOf('/', at + 1)) levels++
  return levels
}

function render(parts: readonly Part[], client: Identity): string | undefined {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const value = valueOf(part.name, client)
    if (value === undefined || value === '' || UNSAFE_VALUE.test(value)) return undefined
    text += value
  }
  return text
}

function valueOf(name: string, client: Identity): string | undefined {
  switch (name) {
    case 'clientid':
      return client.clientId
    case 'username':
      return client.username
    case 'cert_common_name':
      return client.wire.certCommonName
    case 'zone':
      return client.wire.zone ?? DEFAULT_ZONE
    default:
      return attributeOf(client, name.slice(ATTRIBUTE_PREFIX.length))
  }
}

/** An attribute of a client; names such as `__proto__` are ordinary ones. */
export function attributeOf(client: Identity, name: string): string | undefined {
  const { clientAttributes } = client
  if (clientAttributes === undefined || !Object.hasOwn(clientAttributes, name)) return undefined
  return clientAttributes[name]
}
