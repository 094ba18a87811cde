/**
 * True when the filter matches the topic: `+` one level, `#` its parent and everything below
 * [MQTT-4.7.1-1] [MQTT-4.7.1-2]; a leading wildcard does not match a topic that starts with `$`
 * [MQTT-4.7.2-1]. Both are taken as valid. The topic may itself be a filter: its wildcards are
 * then ordinary level names, so that a filter is found to be inside a wider one.
 *
 * For control paths and single topics; the router has its own tree for many filters.
 */
export function matchesFilter(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false
  let filterAt = 0
  let topicAt = 0
  for (;;) {
    if (filter.charCodeAt(filterAt) === HASH) return true
    const filterEnd = levelEnd(filter, filterAt)
    const topicEnd = levelEnd(topic, topicAt)
    if (!levelMatches(filter, filterAt, filterEnd, topic, topicAt, topicEnd)) return false
    if (topicEnd === topic.length) {
      // `a/#` matches `a` too; otherwise both must end here.
      return filterEnd === filter.length || filter.slice(filterEnd) === '/#'
    }
    if (filterEnd === filter.length) return false
    filterAt = filterEnd + 1
    topicAt = topicEnd + 1
  }
}

/** True when the filter has a wildcard level. The filter is taken as valid. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#')
}

const HASH = 0x23
const PLUS = 0x2b

function levelEnd(text: string, from: number): number {
  const end = text.indexOf('/', from)
  return end === -1 ? text.length : end
}

function levelMatches(
  filter: string,
  filterAt: number,
  filterEnd: number,
  topic: string,
  topicAt: number,
  topicEnd: number,
): boolean {
  const length = filterEnd - filterAt
  if (length === 1 && filter.charCodeAt(filterAt) === PLUS) return true
  if (length !== topicEnd - topicAt) return false
  for (let index = 0; index < length; index++) {
    if (filter.charCodeAt(filterAt + index) !== topic.charCodeAt(topicAt + index)) return false
  }
  return true
}
