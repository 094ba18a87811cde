import type { Message } from '#broker/message.ts'

const TIME_DIGITS = 12
const SHARD_DIGITS = 8
const COUNT_DIGITS = 12

/**
 * Ids of messages as rules show them: 32 hexadecimal digits of time, run and shard, and a number.
 * A message has one from when it is first asked for until it leaves memory.
 */
export class MessageIds {
  readonly #ids: WeakMap<Message, string>
  readonly #middle: string
  #count: number

  /** @param run number of this run of the process; with the shard it makes ids unique */
  constructor(run: number, shard: number) {
    this.#ids = new WeakMap()
    this.#middle = hex(run, SHARD_DIGITS - 2) + hex(shard, 2)
    this.#count = 0
  }

  idOf(message: Message): string {
    const known = this.#ids.get(message)
    if (known !== undefined) return known
    const id =
      hex(message.receivedAtMs, TIME_DIGITS) + this.#middle + hex(++this.#count, COUNT_DIGITS)
    this.#ids.set(message, id)
    return id
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0').slice(-digits)
}
