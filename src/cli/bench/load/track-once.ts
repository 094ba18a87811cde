import { Arrival } from './track-order.ts'

const WORD_BITS = 32
const WORD_SHIFT = 5
const WINDOW_BITS_MIN = 4096

/**
 * Tells new messages from repeated ones when any receiver of any thread may get a message, each
 * message once: shared subscriptions, random topics.
 *
 * One bit for each of the latest numbers of a publisher, in memory that all threads share. A number
 * that is older than the window is taken for a late one.
 */
export class OnceTracker {
  readonly #words: Int32Array
  readonly #wordsEach: number
  readonly #bitsEach: number

  /**
   * @param memory from `OnceTracker.memory`
   * @param publishers as given there
   */
  constructor(memory: SharedArrayBuffer, publishers: number) {
    this.#words = new Int32Array(memory)
    this.#wordsEach = this.#words.length / publishers
    this.#bitsEach = this.#wordsEach * WORD_BITS
  }

  /** Memory for numbers of which up to `windowMessages` are under way. */
  static memory(publishers: number, windowMessages: number): SharedArrayBuffer {
    const wanted = Math.max(WINDOW_BITS_MIN, windowMessages * 4)
    const bits = 2 ** Math.ceil(Math.log2(wanted))
    return new SharedArrayBuffer((publishers * bits) / 8)
  }

  /** Before a number is sent: the bits half a window ahead are free for it and those after it. */
  sending(publisher: number, sequence: number): void {
    if (sequence % WORD_BITS !== 0) return
    const ahead = (sequence + this.#bitsEach / 2) >>> WORD_SHIFT
    this.#words[publisher * this.#wordsEach + (ahead & (this.#wordsEach - 1))] = 0
  }

  /** Takes note of a message. */
  note(publisher: number, sequence: number): Arrival {
    const word = (sequence >>> WORD_SHIFT) & (this.#wordsEach - 1)
    const bit = 1 << (sequence & (WORD_BITS - 1))
    const before = Atomics.or(this.#words, publisher * this.#wordsEach + word, bit)
    return (before & bit) === 0 ? Arrival.FRESH : Arrival.DUPLICATE
  }
}
