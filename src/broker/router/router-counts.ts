/** Sizes for statistics. */
export interface RouterCounts {
  /** Different filters that anybody in the process asked for, groups included. */
  readonly filters: number
  readonly wildcardFilters: number
  /** What is listed as topics: filters with an ordinary subscription, and groups. */
  readonly topics: number
  /** Ordinary subscriptions of local sessions. */
  readonly localSubscriptions: number
  readonly groups: number
  /** Members of all groups, of all shards. */
  readonly groupMembers: number
  readonly cachedTopics: number
  /** Topics dropped from the cache to make room. */
  readonly topicEvictions: number
}
