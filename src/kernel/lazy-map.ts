const NOTHING: Iterable<never> & { [Symbol.iterator](): Iterator<never> } = []

/**
 * A map that takes memory for entries only once it has had one: 24 bytes instead of about 200, for
 * what exists a hundred thousand times and is mostly empty. Plain field: hot.
 */
export class LazyMap<Key, Value> {
  map: Map<Key, Value> | undefined

  constructor() {
    this.map = undefined
  }

  get size(): number {
    return this.map === undefined ? 0 : this.map.size
  }

  get(key: Key): Value | undefined {
    return this.map === undefined ? undefined : this.map.get(key)
  }

  has(key: Key): boolean {
    return this.map !== undefined && this.map.has(key)
  }

  set(key: Key, value: Value): void {
    this.map ??= new Map()
    this.map.set(key, value)
  }

  delete(key: Key): boolean {
    return this.map !== undefined && this.map.delete(key)
  }

  clear(): void {
    this.map = undefined
  }

  /** In the order in which keys were first set, as for a `Map`. */
  keys(): Iterable<Key> {
    return this.map === undefined ? NOTHING : this.map.keys()
  }

  values(): Iterable<Value> {
    return this.map === undefined ? NOTHING : this.map.values()
  }

  entries(): Iterable<[Key, Value]> {
    return this.map === undefined ? NOTHING : this.map.entries()
  }
}

/** A set of the same kind. */
export class LazySet<Value> {
  set: Set<Value> | undefined

  constructor() {
    this.set = undefined
  }

  get size(): number {
    return this.set === undefined ? 0 : this.set.size
  }

  has(value: Value): boolean {
    return this.set !== undefined && this.set.has(value)
  }

  add(value: Value): void {
    this.set ??= new Set()
    this.set.add(value)
  }

  delete(value: Value): boolean {
    return this.set !== undefined && this.set.delete(value)
  }

  clear(): void {
    this.set = undefined
  }

  /** In the order in which values were first added, as for a `Set`. */
  values(): Iterable<Value> {
    return this.set === undefined ? NOTHING : this.set.values()
  }
}
