import { assert } from '#kernel/assert.ts'
import { NO_ROUTES } from './filter-route.ts'
import { NO_DELIVERIES, NO_GROUPS, NO_TAPS } from './routes.ts'
import { EntryVersion } from './topic-entry.ts'
import type { TopicEntry } from './topic-entry.ts'

/** Places for one hash: a search looks at these and no others, whatever hashes clients choose. */
const WAYS = 8
const BUCKETS_MIN = 64
/** Bytes of a place in the table of keys: the length of the topic, then the topic. */
const KEY_BYTES = 64
const KEY_TOPIC_MAX = KEY_BYTES - 1
/** Stands for the length of a topic that does not fit. */
const KEY_LONG = 0
const NO_HASHES = new Int32Array(0)

/**
 * The topics this shard has met, found by bytes or text. Plain fields: hot.
 *
 * A table of buckets of eight places. Its number of entries is limited; beyond it the CLOCK policy
 * drops one that was not asked for since the hand passed last, and a topic only comes in when it
 * is met a second time: a flood of topics that never come again neither drops those in use nor
 * makes garbage that the collector has to move. Dropped entries are marked UNLISTED.
 *
 * With many topics the processor's cache decides: whatever lies somewhere else costs a wait. So
 * the bytes of topics stand in the table, one line for each; only long ones are compared with
 * their entry.
 */
export class TopicCache {
  readonly entriesMax: number
  readonly refsMax: number
  count: number
  /** Sum of `ownedRefs` of its entries. */
  refs: number
  /** Entries dropped to make room. */
  evictions: number
  entries: (TopicEntry | undefined)[]
  hashes: Int32Array
  keys: Uint8Array
  /** 1 = asked for since the hand passed. */
  used: Uint8Array
  bucketMask: number
  readonly bucketsMax: number
  hand: number
  refsHand: number
  sweepHand: number
  /** Hashes of topics that were not taken in when they were met; empty until the cache is full. */
  passedOver: Int32Array

  /**
   * @param entriesMax most entries, at least 1
   * @param refsMax most references to deliveries, filters and groups that entries own together
   */
  constructor(entriesMax: number, refsMax: number) {
    assert(entriesMax >= 1, 'the topic cache holds at least one topic')
    this.entriesMax = entriesMax
    this.refsMax = refsMax
    this.count = 0
    this.refs = 0
    this.evictions = 0
    // Twice the places that entries need: few buckets are full then.
    this.bucketsMax = powerOfTwo(Math.ceil((entriesMax * 2) / WAYS))
    const buckets = Math.min(BUCKETS_MIN, this.bucketsMax)
    this.bucketMask = buckets - 1
    this.entries = emptyPlaces(buckets)
    this.hashes = new Int32Array(buckets * WAYS)
    this.keys = new Uint8Array(buckets * WAYS * KEY_BYTES)
    this.used = new Uint8Array(buckets * WAYS)
    this.hand = 0
    this.refsHand = 0
    this.sweepHand = 0
    this.passedOver = NO_HASHES
  }

  /** The entry of the topic whose bytes these are. `hash` is their `hashBytes`. Hot path. */
  findBytes(bytes: Uint8Array, start: number, end: number, hash: number): TopicEntry | undefined {
    const { hashes } = this
    const first = (hash & this.bucketMask) * WAYS
    for (let place = first; place < first + WAYS; place++) {
      if (hashes[place] !== hash || !this.#isKey(place, bytes, start, end)) continue
      this.used[place] = 1
      return this.entries[place]
    }
    return undefined
  }

  /** The entry of a topic. `hash` is its `hashString`. */
  findText(topic: string, hash: number): TopicEntry | undefined {
    const first = (hash & this.bucketMask) * WAYS
    for (let place = first; place < first + WAYS; place++) {
      if (this.hashes[place] !== hash) continue
      const entry = this.entries[place]
      if (entry === undefined || entry.topic !== topic) continue
      this.used[place] = 1
      return entry
    }
    return undefined
  }

  /** True when a topic it does not hold is to be taken in; if not, it will be the next time. */
  admits(hash: number): boolean {
    if (this.count < this.entriesMax) return true
    if (this.passedOver.length === 0) this.passedOver = new Int32Array(this.bucketsMax * WAYS)
    const slot = hash & (this.passedOver.length - 1)
    if (this.passedOver[slot] === hash) return true
    this.passedOver[slot] = hash
    return false
  }

  /** Takes in an entry whose topic it does not hold. */
  add(entry: TopicEntry): void {
    if (this.count >= this.entriesMax) this.#dropAny()
    let place = this.#freePlace(entry.hash)
    while (place === -1 && this.bucketMask + 1 < this.bucketsMax) {
      this.#grow()
      place = this.#freePlace(entry.hash)
    }
    if (place === -1) place = this.#dropFromBucket(entry.hash)
    this.#put(place, entry)
    this.count++
    this.refs += entry.ownedRefs
  }

  /** Notes that an entry in the cache now owns `ownedRefs` references; others may lose theirs. */
  charge(entry: TopicEntry, ownedRefs: number): void {
    this.refs += ownedRefs - entry.ownedRefs
    entry.ownedRefs = ownedRefs
    const places = this.entries.length
    for (let left = places; left > 0 && this.refs > this.refsMax; left--) {
      this.refsHand = (this.refsHand + 1) % places
      const other = this.entries[this.refsHand]
      if (other === undefined || other === entry || other.ownedRefs === 0) continue
      this.refs -= other.ownedRefs
      forget(other)
      other.version = EntryVersion.STALE
    }
  }

  /**
   * Drops, among the next `places` places, entries whose routes are outdated and which nobody
   * asked for since the last time round, so that they do not keep closed sessions in memory. Not
   * while a message is being routed: it takes the routes from whoever still uses such an entry.
   */
  sweep(places: number, version: number): void {
    const steps = Math.min(places, this.entries.length)
    for (let step = 0; step < steps; step++) {
      this.sweepHand = (this.sweepHand + 1) % this.entries.length
      const entry = this.entries[this.sweepHand]
      if (entry === undefined) continue
      if (this.used[this.sweepHand] === 0 && entry.version !== version) {
        this.#drop(this.sweepHand, entry)
        forget(entry)
      } else this.used[this.sweepHand] = 0
    }
  }

  /** True when the topic at a place has these bytes. */
  #isKey(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { keys } = this
    const length = end - start
    if (length > KEY_TOPIC_MAX) {
      const entry = this.entries[place]
      return entry !== undefined && equalBytes(entry.bytes, bytes, start, end)
    }
    const key = place * KEY_BYTES
    if (keys[key] !== length) return false
    for (let i = 0; i < length; i++) if (keys[key + 1 + i] !== bytes[start + i]) return false
    return true
  }

  #freePlace(hash: number): number {
    const first = (hash & this.bucketMask) * WAYS
    for (let place = first; place < first + WAYS; place++) {
      if (this.entries[place] === undefined) return place
    }
    return -1
  }

  #put(place: number, entry: TopicEntry): void {
    this.entries[place] = entry
    this.hashes[place] = entry.hash
    this.used[place] = 0
    const { length } = entry.bytes
    const isLong = length > KEY_TOPIC_MAX
    this.keys[place * KEY_BYTES] = isLong ? KEY_LONG : length
    if (!isLong) this.keys.set(entry.bytes, place * KEY_BYTES + 1)
  }

  #drop(place: number, entry: TopicEntry): void {
    this.entries[place] = undefined
    this.hashes[place] = 0
    this.keys[place * KEY_BYTES] = KEY_LONG
    this.used[place] = 0
    this.count--
    this.refs -= entry.ownedRefs
    entry.ownedRefs = 0
    entry.version = EntryVersion.UNLISTED
  }

  /** Drops the next entry without credit; two rounds at most, since the first takes all credit. */
  #dropAny(): void {
    const places = this.entries.length
    for (;;) {
      this.hand = (this.hand + 1) % places
      const entry = this.entries[this.hand]
      if (entry === undefined) continue
      if (this.used[this.hand] === 0) {
        this.#drop(this.hand, entry)
        this.evictions++
        return
      }
      this.used[this.hand] = 0
    }
  }

  /** Frees a place of a full bucket and returns it. */
  #dropFromBucket(hash: number): number {
    const first = (hash & this.bucketMask) * WAYS
    let place = first
    while (place < first + WAYS && this.used[place] === 1) place++
    if (place === first + WAYS) {
      this.used.fill(0, first, first + WAYS)
      place = first + (this.evictions % WAYS)
    }
    const entry = this.entries[place]
    assert(entry !== undefined, 'a full bucket has an entry in every place')
    this.#drop(place, entry)
    this.evictions++
    return place
  }

  /** Doubles the table. A bucket's entries go to one of two, so all find a place. */
  #grow(): void {
    const { entries, used } = this
    const buckets = (this.bucketMask + 1) * 2
    this.bucketMask = buckets - 1
    this.entries = emptyPlaces(buckets)
    this.hashes = new Int32Array(buckets * WAYS)
    this.keys = new Uint8Array(buckets * WAYS * KEY_BYTES)
    this.used = new Uint8Array(buckets * WAYS)
    for (const [old, entry] of entries.entries()) {
      if (entry === undefined) continue
      const place = this.#freePlace(entry.hash)
      this.#put(place, entry)
      this.used[place] = used[old]! // In range: both tables had the same length.
    }
  }
}

function equalBytes(own: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  const length = own.length
  if (end - start !== length) return false
  for (let i = 0; i < length; i++) if (own[i] !== bytes[start + i]) return false
  return true
}

/** Takes the lists from an entry; they are computed again when somebody asks. */
function forget(entry: TopicEntry): void {
  entry.deliveries = NO_DELIVERIES
  entry.groups = NO_GROUPS
  entry.taps = NO_TAPS
  entry.matched = NO_ROUTES
  entry.ownedRefs = 0
}

function emptyPlaces(buckets: number): (TopicEntry | undefined)[] {
  return Array.from({ length: buckets * WAYS }, () => undefined)
}

function powerOfTwo(atLeast: number): number {
  let power = 1
  while (power < atLeast) power *= 2
  return power
}
