import { Outcome } from '../client/sim-message.ts'
import type { SimMessage } from '../client/sim-message.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'

/** What is known of one retained message. */
interface Write {
  readonly message: SimMessage
  /** Number of the first fact about it, and of the last time it was sent. */
  readonly firstSent: number
  lastSent: number
}

/**
 * What is retained is what was retained last: of the messages that a device sent to a topic which
 * nobody else writes, none is there that another one must have replaced, because that was sent
 * later and acknowledged.
 */
export class Retained implements Checker {
  readonly invariant = 'the last retained message stays'
  readonly #context: CheckerContext
  readonly #writes: Map<string, Map<SimMessage, Write>>
  readonly counts = { retained: 0 }
  #facts: number

  constructor(context: CheckerContext) {
    this.#context = context
    this.#writes = new Map()
    this.#facts = 0
  }

  sent(message: SimMessage): void {
    const { retain, topic, twin } = message
    if (!retain || twin) return
    let writes = this.#writes.get(topic)
    if (writes === undefined) this.#writes.set(topic, (writes = new Map()))
    writes.set(message, { message, firstSent: ++this.#facts, lastSent: this.#facts })
  }

  resent(message: SimMessage): void {
    const write = this.#writes.get(message.topic)?.get(message)
    if (write !== undefined) write.lastSent = ++this.#facts
  }

  settled(): void {
    const { host, book } = this.#context
    const { retained } = host.shards[0]!.broker // There is at least one shard.
    for (const [topic, writes] of this.#writes) {
      const acknowledged = [...writes.values()].filter(({ message }) => {
        return message.outcome === Outcome.ACKNOWLEDGED
      })
      const last = acknowledged.at(-1)
      if (last === undefined) continue
      this.counts.retained++
      const payload = retained.get(topic)?.payload
      const kept = payload === undefined ? undefined : book.find(payload)
      const clients = [last.message.publisher]
      if (kept === undefined) broken(this, `nothing is retained under ${topic}`, clients)
      const write = writes.get(kept)
      const after = `it was replaced by #${last.message.id}`
      const detail = `#${kept.id} is retained under ${topic}, ${after}`
      if (write === undefined || write.lastSent < last.firstSent) broken(this, detail, clients)
    }
  }
}
