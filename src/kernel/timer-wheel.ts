import { assert } from './assert.ts'

/** Resolution: a timer fires up to this much after its due time, never before it. */
export const TICK_MS = 100

/** Slots of the finest level: one tick each. Coarser levels have 64, each 64 times as long. */
const FINE_BITS = 8
const COARSE_BITS = 6
const FINE_SLOTS = 1 << FINE_BITS
const COARSE_SLOTS = 1 << COARSE_BITS
const LEVELS = 4
const SLOTS = FINE_SLOTS + (LEVELS - 1) * COARSE_SLOTS
/** Ticks that one slot of each level covers. */
const LEVEL_TICKS: readonly number[] = [
  1,
  FINE_SLOTS,
  FINE_SLOTS * COARSE_SLOTS,
  FINE_SLOTS * COARSE_SLOTS * COARSE_SLOTS,
]
/** Ticks the whole wheel covers; what is due later is looked at again on the way. */
const SPAN_TICKS = FINE_SLOTS * COARSE_SLOTS ** 3

const IDLE = -1
/** Taken out of its slot, waits for its turn to fire. */
const DUE = -2

/** Whoever wants to be called; several timers of one target are told apart by identity. */
export interface TimerTarget {
  timerFired(timer: Timer, nowMs: number): void
}

/**
 * One timer, made once by its owner and used again and again: arming it allocates nothing.
 * All fields but `target` belong to the wheel, which links timers through them.
 */
export class Timer {
  readonly target: TimerTarget
  next: Timer
  previous: Timer
  /** Tick at which it is to fire. */
  dueTick: number
  /** Tick for which it stands in its slot: `dueTick`, or earlier after it was put off. */
  linkedTick: number
  slot: number

  constructor(target: TimerTarget) {
    this.target = target
    this.next = this
    this.previous = this
    this.dueTick = 0
    this.linkedTick = 0
    this.slot = IDLE
  }

  /** True from `schedule` until it fires or is cancelled. */
  get armed(): boolean {
    return this.slot !== IDLE
  }
}

const NOBODY: TimerTarget = {
  timerFired() {
    assert(false, 'the head of a list of timers never fires')
  },
}

/**
 * Hierarchical timer wheel: arms, puts off and cancels in constant time, any number of timers
 * (each is owned, so their number is limited by their owners), any finite delay.
 *
 * Putting an armed timer off only writes its new due time; the wheel moves it when the old time
 * comes. That makes a keep-alive that is re-armed with every packet cost one store. The host calls
 * `advance` at least once per tick with its monotonic clock.
 */
export class TimerWheel {
  readonly #startMs: number
  readonly #slots: readonly Timer[]
  readonly #due: Timer
  readonly #levelCounts: number[]
  #tick: number
  #nowMs: number
  #count: number

  /** @param nowMs present time of the monotonic clock that `advance` will be given */
  constructor(nowMs: number) {
    this.#startMs = nowMs
    this.#slots = Array.from({ length: SLOTS }, () => new Timer(NOBODY))
    this.#due = new Timer(NOBODY)
    this.#levelCounts = [0, 0, 0, 0]
    this.#tick = 0
    this.#nowMs = nowMs
    this.#count = 0
  }

  /** Armed timers. */
  get count(): number {
    return this.#count
  }

  /** Time of the last `advance`, in ms; delays count from it. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Arms the timer, or changes when it fires: `delayMs` after the last `advance`. */
  schedule(timer: Timer, delayMs: number): void {
    this.scheduleAt(timer, this.#nowMs + delayMs)
  }

  /** As `schedule`, at a time of the monotonic clock. What is past fires with the next tick. */
  scheduleAt(timer: Timer, dueMs: number): void {
    const wanted = Math.ceil((dueMs - this.#startMs) / TICK_MS)
    assert(wanted < Number.MAX_SAFE_INTEGER, 'the due time of a timer is finite') // Not NaN either.
    const dueTick = wanted > this.#tick ? wanted : this.#tick + 1
    if (timer.slot >= 0 && dueTick >= timer.linkedTick) {
      timer.dueTick = dueTick
      return
    }
    if (timer.slot !== IDLE) this.#unlink(timer)
    timer.dueTick = dueTick
    this.#link(timer)
  }

  /** Disarms the timer. Without effect when it is not armed. */
  cancel(timer: Timer): void {
    if (timer.slot !== IDLE) this.#unlink(timer)
  }

  /**
   * Moves the wheel to `nowMs` and fires what is due, tick by tick in order of due time. Targets
   * may arm and cancel any timer meanwhile, also those of the same tick.
   * @param firesMax most timers to fire in this call; the rest fires first in the next one
   * @returns timers fired
   */
  advance(nowMs: number, firesMax = Number.POSITIVE_INFINITY): number {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    const target = Math.floor((this.#nowMs - this.#startMs) / TICK_MS)
    let fired = this.#fireDue(firesMax)
    while (this.#tick < target && fired < firesMax) {
      this.#tick = Math.min(target, this.#nextTick())
      this.#cascade()
      this.#collect()
      fired += this.#fireDue(firesMax - fired)
    }
    return fired
  }

  /**
   * A time before which nothing fires; Infinity when nothing is armed. It may be earlier than the
   * first timer: advance to it and ask again. For hosts that sleep and for simulated time.
   */
  nextDueMs(): number {
    if (this.#count === 0) return Number.POSITIVE_INFINITY
    if (this.#due.next !== this.#due) return this.#nowMs
    let tick = this.#nextTick()
    const [fine = 0, ...coarse] = this.#levelCounts
    if (fine > 0) {
      const boundary = coarse.every((count) => count === 0)
        ? Number.POSITIVE_INFINITY
        : Math.ceil((this.#tick + 1) / FINE_SLOTS) * FINE_SLOTS
      while (tick < boundary && this.#isEmpty(tick & (FINE_SLOTS - 1))) tick++
    }
    return Math.max(this.#nowMs, this.#startMs + tick * TICK_MS) // Behind after a limit of fires.
  }

  /** The next tick at which something can happen, by the finest level that holds a timer. */
  #nextTick(): number {
    for (let level = 0; level < LEVELS; level++) {
      if (this.#levelCounts[level] === 0) continue
      const ticks = LEVEL_TICKS[level]! // In range: the loop's condition.
      return (Math.floor(this.#tick / ticks) + 1) * ticks
    }
    return Number.POSITIVE_INFINITY
  }

  /** Spreads the coarse slots that begin with this tick over finer ones. */
  #cascade(): void {
    for (let level = 1; level < LEVELS; level++) {
      const shift = FINE_BITS + (level - 1) * COARSE_BITS
      if (this.#tick % LEVEL_TICKS[level]! !== 0) return // In range: the loop's condition.
      const head = this.#slots[coarseSlot(level, this.#tick >> shift)]! // In range: masked.
      // Ends: seen from the first tick of a slot, nothing belongs into that slot again.
      while (head.next !== head) {
        const timer = head.next
        this.#unlink(timer)
        this.#link(timer)
      }
    }
  }

  /** Moves what fires in this tick to the due list, and what was put off to its new place. */
  #collect(): void {
    const head = this.#slots[this.#tick & (FINE_SLOTS - 1)]! // In range: masked.
    while (head.next !== head) {
      const timer = head.next
      this.#unlink(timer)
      if (timer.dueTick > this.#tick) this.#link(timer)
      else this.#append(timer, this.#due, DUE)
    }
  }

  #fireDue(firesMax: number): number {
    const due = this.#due
    let fired = 0
    while (due.next !== due && fired < firesMax) {
      const timer = due.next
      this.#unlink(timer)
      fired++
      timer.target.timerFired(timer, this.#nowMs)
    }
    return fired
  }

  #isEmpty(slot: number): boolean {
    const head = this.#slots[slot]! // In range: masked by the caller.
    return head.next === head
  }

  #link(timer: Timer): void {
    const ticks = Math.min(timer.dueTick - this.#tick, SPAN_TICKS - 1)
    const at = this.#tick + ticks
    timer.linkedTick = at
    const slot =
      ticks < FINE_SLOTS
        ? at & (FINE_SLOTS - 1)
        : ticks < LEVEL_TICKS[2]! // In range, here and below: there are four levels.
          ? coarseSlot(1, at >> FINE_BITS)
          : ticks < LEVEL_TICKS[3]!
            ? coarseSlot(2, at >> (FINE_BITS + COARSE_BITS))
            : coarseSlot(3, at >> (FINE_BITS + 2 * COARSE_BITS))
    this.#append(timer, this.#slots[slot]!, slot) // In range: masked.
  }

  #append(timer: Timer, head: Timer, slot: number): void {
    const last = head.previous
    timer.previous = last
    timer.next = head
    last.next = timer
    head.previous = timer
    timer.slot = slot
    this.#count++
    if (slot >= 0) this.#levelCounts[levelOf(slot)]!++ // In range: there are four levels.
  }

  #unlink(timer: Timer): void {
    timer.previous.next = timer.next
    timer.next.previous = timer.previous
    timer.next = timer
    timer.previous = timer
    this.#count--
    if (timer.slot >= 0) this.#levelCounts[levelOf(timer.slot)]!-- // As above.
    timer.slot = IDLE
  }
}

function coarseSlot(level: number, position: number): number {
  return FINE_SLOTS + (level - 1) * COARSE_SLOTS + (position & (COARSE_SLOTS - 1))
}

function levelOf(slot: number): number {
  return slot < FINE_SLOTS ? 0 : 1 + ((slot - FINE_SLOTS) >> COARSE_BITS)
}
