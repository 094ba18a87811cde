interface Entry {
  readonly atMs: number
  readonly order: number
  readonly action: () => void
}

/**
 * Simulated time: what is to happen when. Things due at the same time happen in the order in which
 * they were asked for. A binary heap.
 */
export class Schedule {
  /** Monotonic simulated time in ms, with fractions. */
  nowMs: number
  /** Actions done so far: the step number of a report. */
  steps: number
  readonly #heap: Entry[]
  #order: number

  constructor() {
    this.nowMs = 0
    this.steps = 0
    this.#heap = []
    this.#order = 0
  }

  at(atMs: number, action: () => void): void {
    const heap = this.#heap
    const entry = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, action }
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]! // In range, here and below.
      if (!before(entry, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.nowMs + delayMs, action)
  }

  /** Does everything that is due until then, and lets it be then. */
  runUntil(untilMs: number): void {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.atMs > untilMs) break
      this.#removeFirst()
      this.nowMs = first.atMs
      this.steps++
      first.action()
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      const left = heap[child]
      if (left === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && before(right, left)) child++
      const smaller = heap[child]! // One of the two.
      if (!before(smaller, last)) break
      heap[index] = smaller
      index = child
    }
    heap[index] = last
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
