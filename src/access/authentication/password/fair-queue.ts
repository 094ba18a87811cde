/**
 * A bounded queue that serves its owners in turn, so that one who asks a lot waits for himself.
 *
 * When it is full, an owner with less than his share takes the place of the latest item of the one
 * who has most; others are refused.
 */
export class FairQueue<T> {
  readonly #itemsMax: number
  /** Owners in the order in which they are served next. */
  readonly #owners = new Map<string, T[]>()
  #size = 0

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax
  }

  get size(): number {
    return this.#size
  }

  /** Returns the item there is no room for: undefined, another one, or this one. */
  push(owner: string, item: T): T | undefined {
    const own = this.#owners.get(owner)
    const victim = this.#size < this.#itemsMax ? undefined : this.#victim(own?.length ?? 0)
    if (this.#size >= this.#itemsMax && victim === undefined) return item
    this.#size++
    if (own === undefined) this.#owners.set(owner, [item])
    else own.push(item)
    if (victim === undefined) return undefined
    this.#size--
    return victim.pop()
  }

  shift(): T | undefined {
    for (const [owner, items] of this.#owners) {
      const item = items.shift()
      this.#owners.delete(owner)
      if (items.length > 0) this.#owners.set(owner, items)
      if (item === undefined) continue
      this.#size--
      return item
    }
    return undefined
  }

  /** Items of the one who has most, if that is more than a newcomer would then have. */
  #victim(ownLength: number): T[] | undefined {
    // Looked for only when it will be found: an attacker pays with a comparison, not with a search.
    if (ownLength + 1 > this.#itemsMax / Math.max(1, this.#owners.size)) return undefined
    let most: T[] | undefined
    for (const items of this.#owners.values()) {
      if (most === undefined || items.length > most.length) most = items
    }
    return most !== undefined && most.length > ownLength + 1 ? most : undefined
  }
}
