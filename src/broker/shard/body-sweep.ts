import { Table } from '../ports.ts'
import { runPrefix, STORE_KEY_BYTES } from '../session/keys.ts'
import { bodyKeyOf } from '../session/outgoing-record.ts'
import type { ShardCore } from './core.ts'

/** Queue records looked at in one slice. */
const SLICE_RECORDS_MAX = 5_000
/** Bodies removed in one slice. */
const SLICE_REMOVALS_MAX = 2_000
/** Pause between two sweeps while bodies of earlier runs are left, in ms. */
const PAUSE_MS = 3_600_000

/**
 * Removes what earlier runs left over: queue records whose session is gone, and message bodies
 * that no queue refers to any more.
 *
 * A queue record has no session when a crash came after the new shard of a moving session had
 * stored a forwarded message and before its old shard had stored the session itself.
 *
 * References to those bodies are not counted; no new ones can appear, because only the run that
 * stored a body hands its key out. So whatever a walk over all queues did not meet is garbage.
 * One shard of a node does it, in small slices.
 */
export class BodySweep {
  readonly #core: ShardCore
  readonly #referenced: Set<string>
  /** Keys below are of earlier runs. */
  readonly #until: string
  #queuePosition: string
  #bodyPosition: string | undefined
  #left: number
  #nextMs: number

  constructor(core: ShardCore) {
    this.#core = core
    this.#referenced = new Set()
    this.#until = runPrefix(core.ports.run, 0)
    this.#queuePosition = ''
    this.#bodyPosition = undefined
    this.#left = 0
    this.#nextMs = 0
  }

  /** Does one slice when it is time. */
  run(): void {
    if (this.#core.shard !== 0) return
    const nowMs = this.#core.ports.clock.monotonicMs()
    if (nowMs < this.#nextMs) return
    if (this.#bodyPosition === undefined) this.#mark()
    else this.#remove(this.#bodyPosition, nowMs)
  }

  #mark(): void {
    const { store } = this.#core
    let seen = 0
    let next: string | undefined
    let owner = ''
    let isOrphan = false
    const orphans: string[] = []
    store.scan(Table.QUEUE, this.#queuePosition, '\xff', (key, value) => {
      if (!key.startsWith(owner) || owner === '') {
        owner = key.slice(0, STORE_KEY_BYTES)
        isOrphan = owner < this.#until && store.get(Table.SESSIONS, owner) === undefined
      }
      const bodyKey = isOrphan ? undefined : bodyKeyOf(value)
      if (isOrphan) orphans.push(key)
      if (bodyKey !== undefined && bodyKey < this.#until) this.#referenced.add(bodyKey)
      if (++seen < SLICE_RECORDS_MAX) return true
      next = `${key}\0`
      return false
    })
    for (const key of orphans) store.remove(Table.QUEUE, key)
    if (orphans.length > 0) this.#core.startTick()
    if (next === undefined) this.#bodyPosition = ''
    else this.#queuePosition = next
  }

  #remove(from: string, nowMs: number): void {
    const garbage: string[] = []
    let next: string | undefined
    let seen = 0
    this.#core.store.scan(Table.BODIES, from, this.#until, (key) => {
      if (this.#referenced.has(key)) this.#left++
      else garbage.push(key)
      if (++seen < SLICE_REMOVALS_MAX) return true
      next = `${key}\0`
      return false
    })
    for (const key of garbage) this.#core.store.remove(Table.BODIES, key)
    if (garbage.length > 0) this.#core.startTick()
    if (next !== undefined) {
      this.#bodyPosition = next
      return
    }
    this.#nextMs = this.#left === 0 ? Number.POSITIVE_INFINITY : nowMs + PAUSE_MS
    this.#left = 0
    this.#referenced.clear()
    this.#queuePosition = ''
    this.#bodyPosition = undefined
  }
}
