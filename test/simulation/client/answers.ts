import type { AckType } from '#codec/mqtt/ack.ts'
import type { Prng } from '../engine/prng.ts'
import type { Schedule } from '../engine/schedule.ts'

/** One acknowledgement that is to be sent. */
export type Answer = readonly [type: AckType, packetId: number]

interface AnswersPorts {
  readonly schedule: Schedule
  readonly prng: Prng
  /** Mean time until a device acknowledges. */
  readonly delayMs: number
  readonly send: (answers: readonly Answer[]) => void
}

/** The acknowledgements that a device has not sent yet: it takes its time, or keeps them all. */
export class Answers {
  readonly #ports: AnswersPorts
  readonly #open: Answer[]
  #isPlanned: boolean
  #heldBack: boolean

  constructor(ports: AnswersPorts) {
    this.#ports = ports
    this.#open = []
    this.#isPlanned = false
    this.#heldBack = false
  }

  get count(): number {
    return this.#open.length
  }

  add(type: AckType, packetId: number): void {
    this.#open.push([type, packetId])
  }

  /** What belongs to a connection that is gone is not sent on the next one. */
  reset(): void {
    this.#open.length = 0
    this.#heldBack = false
  }

  /** Keeps them, or sends them all. */
  holdBack(held: boolean): void {
    this.#heldBack = held
    if (!held) this.flush()
  }

  flush(): void {
    if (this.#heldBack || this.#open.length === 0) return
    this.#ports.send(this.#open.splice(0))
  }

  /** Sends them after a while. */
  flushLater(): void {
    if (this.#isPlanned || this.#open.length === 0) return
    const { schedule, prng, delayMs } = this.#ports
    this.#isPlanned = true
    schedule.after(prng.exponential(delayMs), () => {
      this.#isPlanned = false
      this.flush()
    })
  }
}
