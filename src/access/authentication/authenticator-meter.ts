/** Numbers of authenticators, which their shard writes and any thread may read. */
import type { AuthenticatorResult } from '#plugin/define-authenticator.ts'
import type { LinkMeter } from './chain.ts'

/** Authenticators of all chains that are counted; further ones work uncounted. */
export const METERS_MAX = 256

/** Upper ends of the groups of latency in ms; the last group has none. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000,
]

const Field = { TOTAL: 0, SUCCESS: 1, FAILED: 2, NOMATCH: 3, LATENCY: 4 } as const
const FIELDS = Field.LATENCY + LATENCY_BOUNDS_MS.length + 1
const METER_BYTES = FIELDS * Float64Array.BYTES_PER_ELEMENT

/** Shared memory for the numbers of one shard. */
export const METERS_BYTES = METERS_MAX * METER_BYTES

/** What EMQX shows of an authenticator, and how long it took. */
export interface AuthenticatorNumbers {
  readonly total: number
  readonly success: number
  readonly failed: number
  /** It did not decide. */
  readonly nomatch: number
  /** Clients by the time that was taken: one group more than `LATENCY_BOUNDS_MS`. */
  readonly latency: readonly number[]
}

/** The numbers of one authenticator in one shard. */
export class AuthenticatorMeter implements LinkMeter {
  readonly #fields: Float64Array

  /** @param place of the authenticator among all of its node, below `METERS_MAX` */
  constructor(memory: SharedArrayBuffer, shard: number, place: number) {
    this.#fields = fieldsOf(memory, shard, place)
  }

  count(result: AuthenticatorResult['allowed'], durationMs: number): void {
    const group = LATENCY_BOUNDS_MS.findIndex((boundMs) => durationMs <= boundMs)
    this.#add(Field.LATENCY + (group === -1 ? LATENCY_BOUNDS_MS.length : group))
    // A further step of the same client, which has no outcome yet.
    if (result === 'continue') return
    this.#add(Field.TOTAL)
    this.#add(outcomeOf(result))
  }

  #add(field: number): void {
    this.#fields[field]!++ // Every field is inside.
  }
}

/** The sums of an authenticator over all shards. */
export function authenticatorNumbers(
  memory: SharedArrayBuffer,
  place: number,
): AuthenticatorNumbers {
  const sums = Array.from({ length: FIELDS }, () => 0)
  const shards = memory.byteLength / METERS_BYTES
  for (let shard = 0; shard < shards; shard++) {
    for (const [field, value] of fieldsOf(memory, shard, place).entries()) sums[field]! += value
  }
  const [total = 0, success = 0, failed = 0, nomatch = 0, ...latency] = sums
  return { total, success, failed, nomatch, latency }
}

/** Which place in the shared memory the numbers of which authenticator have. Of one node. */
export class MeterPlaces {
  readonly #memory: SharedArrayBuffer
  #places: ReadonlyMap<string, number> = new Map()

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
  }

  /**
   * The places of these authenticators from now on: those that have one keep it, and a new one
   * begins with zeros. Above `METERS_MAX` there is none.
   */
  assign(names: readonly string[]): Readonly<Record<string, number>> {
    const known = names.filter((name) => this.#places.has(name))
    const taken = new Set(known.map((name) => this.#places.get(name)))
    const places = new Map<string, number>()
    let next = 0
    for (const name of names) {
      const before = this.#places.get(name)
      while (before === undefined && taken.has(next)) next++
      const place = before ?? next++
      if (place >= METERS_MAX) continue
      if (before === undefined) this.#clear(place)
      places.set(name, place)
    }
    this.#places = places
    return Object.fromEntries(places)
  }

  /** The numbers of an authenticator over all shards; undefined when it is not counted. */
  numbers(name: string): AuthenticatorNumbers | undefined {
    const place = this.#places.get(name)
    return place === undefined ? undefined : authenticatorNumbers(this.#memory, place)
  }

  #clear(place: number): void {
    const shards = this.#memory.byteLength / METERS_BYTES
    for (let shard = 0; shard < shards; shard++) fieldsOf(this.#memory, shard, place).fill(0)
  }
}

function fieldsOf(memory: SharedArrayBuffer, shard: number, place: number): Float64Array {
  return new Float64Array(memory, shard * METERS_BYTES + place * METER_BYTES, FIELDS)
}

function outcomeOf(result: AuthenticatorResult['allowed']): number {
  if (result === true) return Field.SUCCESS
  return result === false ? Field.FAILED : Field.NOMATCH
}
