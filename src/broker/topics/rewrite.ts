import { matchesFilter, hasWildcard } from './filter-match.ts'
import type { RewriteRuleSettings } from '../limits.ts'
import { validateTopicFilterText } from '#codec/mqtt/topic.ts'
import { compilePattern } from '#kernel/text-pattern.ts'
import { joinSubscription, splitSubscription } from './special-topic.ts'
import type { TopicValues } from './template.ts'

/** Rules a broker may have. */
export const REWRITE_RULES_MAX = 30

/**
 * Longest topic, in UTF-16 units, that a regular expression is tried on. A longer topic that a
 * rule's filter matches is refused, not passed on unchanged, so that nobody escapes a rule by a
 * long topic.
 */
export const REWRITE_TOPIC_CHARS_MAX = 512

/** Topics of which is remembered what becomes of them; with a further one all are forgotten. */
const REMEMBERED_MAX = 1_024

interface CompiledRule {
  readonly action: 'publish' | 'subscribe' | 'all'
  readonly sourceTopic: string
  readonly pattern: ReturnType<typeof compilePattern>
  readonly destination: readonly DestinationPart[]
}

/** What becomes of a topic. */
type Outcome =
  /** For every client; undefined: it is refused. */
  | { readonly topic: string | undefined }
  /** It depends on the client. */
  | { readonly destination: readonly DestinationPart[]; readonly groups: Groups }

type Groups = readonly (string | undefined)[]

type DestinationPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'group'; readonly index: number }
  | { readonly kind: 'clientid' | 'username' }

/**
 * Changes topics of publishes and filters of subscriptions by an ordered list of rules. The first
 * rule for the action whose source filter matches decides: its pattern is tried, and when that
 * does not match, the topic stays as it is.
 */
export class TopicRewriter {
  readonly #publish: RuleList
  readonly #subscribe: RuleList

  /**
   * @throws Error that names the rule (from 1) when there are too many, a filter or pattern is
   * invalid, or a destination cannot be used
   */
  constructor(rules: readonly RewriteRuleSettings[], rulesMax: number = REWRITE_RULES_MAX) {
    if (rules.length > rulesMax) {
      throw new Error(`${rules.length} rewrite rules are more than the limit of ${rulesMax}`)
    }
    const compiled = rules.map((rule, index) => compileRule(rule, index + 1))
    this.#publish = new RuleList(compiled.filter((rule) => rule.action !== 'subscribe'))
    this.#subscribe = new RuleList(compiled.filter((rule) => rule.action !== 'publish'))
  }

  /**
   * The topic to publish to. Undefined = refuse (0x90): too long for its rule, or the client has
   * no value, or an unsafe one, for a placeholder. The caller validates a changed topic again.
   */
  rewriteTopic(topic: string, client: TopicValues): string | undefined {
    return this.#publish.apply(topic, client)
  }

  /**
   * The filter to subscribe to or to unsubscribe from, special prefix (`$share/group/` …)
   * included and kept. Undefined = refuse (0x8F).
   */
  rewriteFilter(filter: string, client: TopicValues): string | undefined {
    if (!filter.startsWith('$')) return this.#subscribe.apply(filter, client)
    const target = splitSubscription(filter)
    const rewritten = this.#subscribe.apply(target.filter, client)
    if (rewritten === undefined || rewritten === target.filter) {
      return rewritten === undefined ? undefined : filter
    }
    return joinSubscription({ ...target, filter: rewritten })
  }
}

/** Rules of one action, and what became of the topics that came last. */
class RuleList {
  readonly #rules: readonly CompiledRule[]
  readonly #outcomes = new Map<string, Outcome>()

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules
  }

  get size(): number {
    return this.#rules.length
  }

  apply(topic: string, client: TopicValues): string | undefined {
    let outcome = this.#outcomes.get(topic)
    if (outcome === undefined) {
      outcome = outcomeOf(this.#rules, topic)
      if (this.#outcomes.size >= REMEMBERED_MAX) this.#outcomes.clear()
      if (topic.length <= REWRITE_TOPIC_CHARS_MAX) this.#outcomes.set(topic, outcome)
    }
    return 'groups' in outcome ? render(outcome.destination, outcome.groups, client) : outcome.topic
  }
}

function outcomeOf(rules: readonly CompiledRule[], topic: string): Outcome {
  const rule = rules.find(({ sourceTopic }) => matchesFilter(sourceTopic, topic))
  if (rule === undefined) return { topic }
  if (topic.length > REWRITE_TOPIC_CHARS_MAX) return { topic: undefined }
  const groups = rule.pattern.exec(topic) as Groups | null // What it is documented to be.
  if (groups === null) return { topic }
  const { destination } = rule
  const isOfClient = destination.some(({ kind }) => kind === 'clientid' || kind === 'username')
  return isOfClient ? { destination, groups } : { topic: render(destination, groups, NOBODY) }
}

const NOBODY: TopicValues = { clientId: '', username: undefined }

function render(
  destination: readonly DestinationPart[],
  groups: Groups,
  client: TopicValues,
): string | undefined {
  let topic = ''
  for (const part of destination) {
    if (part.kind === 'text') topic += part.text
    else if (part.kind === 'group') topic += groups[part.index] ?? ''
    else {
      const value = part.kind === 'clientid' ? client.clientId : client.username
      // A client named `+` must not widen a filter.
      if (value === undefined || /[+#\0]/u.test(value)) return undefined
      topic += value
    }
  }
  return topic
}

function compileRule(rule: RewriteRuleSettings, position: number): CompiledRule {
  const failure = (what: string): Error => new Error(`rewrite rule ${position}: ${what}`)
  const invalid = validateTopicFilterText(rule.sourceTopic)
  if (invalid !== undefined) {
    throw failure(`source_topic "${rule.sourceTopic}" is not a topic filter: ${invalid.detail}`)
  }
  let pattern: CompiledRule['pattern']
  try {
    pattern = compilePattern(rule.regularExpression)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw failure(`re does not compile: ${reason}`)
  }
  if (rule.destTopic === '') throw failure('dest_topic is empty')
  const destination = compileDestination(rule.destTopic, pattern.groupCount(), failure)
  const texts = destination.map((part) => (part.kind === 'text' ? part.text : ''))
  if (rule.action !== 'subscribe' && texts.some(hasWildcard)) {
    throw failure(`dest_topic "${rule.destTopic}" has a wildcard, which no publish may have`)
  }
  return { action: rule.action, sourceTopic: rule.sourceTopic, pattern, destination }
}

const DESTINATION_TOKEN = /\$([0-9]{1,2})|\$\{([^}]*)\}/gu

function compileDestination(
  text: string,
  groups: number,
  failure: (what: string) => Error,
): DestinationPart[] {
  const parts: DestinationPart[] = []
  let at = 0
  for (const token of text.matchAll(DESTINATION_TOKEN)) {
    if (token.index > at) parts.push({ kind: 'text', text: text.slice(at, token.index) })
    at = token.index + token[0].length
    const name = token[2]
    if (token[1] !== undefined) {
      const index = Number(token[1])
      if (index > groups) throw failure(`dest_topic has ${token[0]}, re has ${groups} groups`)
      parts.push({ kind: 'group', index })
    } else if (name === 'clientid' || name === 'username') {
      parts.push({ kind: name })
    } else {
      throw failure(`dest_topic has ${token[0]}; there are \${clientid} and \${username}`)
    }
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) })
  return parts
}
