/**
 * How messages that rules publish name their sender. The name holds the rule and how many rules
 * have handed the message on, and survives the way to other shards. No client can have such a name:
 * a client id has no U+0000 (MQTT 5 §1.5.4).
 */
const PREFIX = '\u0000rule/'

/** The sender of a message that `rule` publishes after so many rules before it. */
export function rulePublisher(rule: string, hops: number): string {
  return `${PREFIX}${hops}/${rule}`
}

/** The rule that published a message, and how many rules it came through; undefined for others. */
export function parseRulePublisher(
  publisher: string,
): { readonly rule: string; readonly hops: number } | undefined {
  if (!publisher.startsWith(PREFIX)) return undefined
  const slash = publisher.indexOf('/', PREFIX.length)
  const hops = Number(publisher.slice(PREFIX.length, slash))
  return { rule: publisher.slice(slash + 1), hops }
}

/** The sender as columns show it: a rule by its id, as in EMQX. */
export function shownPublisher(publisher: string): string {
  return parseRulePublisher(publisher)?.rule ?? publisher
}
