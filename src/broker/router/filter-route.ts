import type { LocalSet } from './local-set.ts'
import type { SharedGroup } from './shared-group.ts'
import type { TapSet } from './tap-set.ts'

/**
 * One topic filter with everybody who asked for it: local sessions, other shards, groups. There
 * may be a million of them, hence plain fields and nothing that could be computed.
 */
export class FilterRoute {
  readonly filter: string
  /** Where it hangs in the trie of wildcards; NO_NODE when the filter has none. */
  readonly node: number
  local: LocalSet
  /** Bit s set: shard s has an ordinary subscription. */
  remoteShards: number
  /** Bit s set: shard s has one of a stored session. */
  remoteStored: number
  /** Ordinary subscriptions of local stored sessions. */
  storedLocal: number
  /** Shared subscriptions of this filter; undefined = none. Changed in place. */
  groups: SharedGroup[] | undefined
  /** Undefined = none. Changed in place. */
  taps: TapSet | undefined
  /** Router version of its last change; not kept for filters without wildcard. */
  changedAt: number

  constructor(filter: string, node: number) {
    this.filter = filter
    this.node = node
    this.local = undefined
    this.remoteShards = 0
    this.remoteStored = 0
    this.storedLocal = 0
    this.groups = undefined
    this.taps = undefined
    this.changedAt = 0
  }

  /** True when a session of any shard has an ordinary subscription. */
  get ordinary(): boolean {
    return this.local !== undefined || this.remoteShards !== 0
  }

  /** True when nobody asks for the filter any more. */
  get unused(): boolean {
    return !this.ordinary && this.groups === undefined && this.taps === undefined
  }
}

export const NO_ROUTES: readonly FilterRoute[] = Object.freeze([])

/** `FilterRoute.node` of filters without wildcard, which the trie does not hold. */
export const NO_NODE = -1

/** True when the filter has a wildcard; in a valid filter both characters are nothing else. */
export function hasWildcard(filter: string): boolean {
  return filter.includes('#') || filter.includes('+')
}
