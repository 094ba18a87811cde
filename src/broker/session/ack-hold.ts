import type { PendingAck } from './pending-ack.ts'

/**
 * Work for a message that parts above the core do, and that its acknowledgement waits for. Each
 * `begin` is ended once, at any time, also before the acknowledgement is made.
 */
export class AckHold {
  #open: number
  #lost: string | undefined
  #ack: PendingAck | undefined
  #isUsed: boolean

  constructor() {
    this.#open = 0
    this.#lost = undefined
    this.#ack = undefined
    this.#isUsed = false
  }

  /** All is done, and well. */
  get isOver(): boolean {
    return this.#open === 0 && this.#lost === undefined
  }

  begin(): void {
    this.#open++
  }

  /** @param reason why the message is not safe; the first one is told */
  end(reason: string | undefined): void {
    this.#open--
    this.#lost ??= reason
    if (this.#open === 0) this.#release()
  }

  /**
   * Lets the acknowledgement of the message wait, unless all is done.
   * @throws Error when it has been given one: a second would never leave, or the first
   */
  delay(ack: PendingAck): void {
    if (this.#isUsed) throw new Error('The hold of one message was given two acknowledgements.')
    this.#isUsed = true
    this.#ack = ack
    ack.waiting++
    if (this.#open === 0) this.#release()
  }

  #release(): void {
    const ack = this.#ack
    if (ack === undefined) return
    this.#ack = undefined
    ack.lost = this.#lost
    ack.waiting--
    if (ack.waiting === 0) ack.target.drainAcks()
  }
}
