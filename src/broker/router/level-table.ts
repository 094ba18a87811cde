import { SplitMap } from './split-map.ts'

/** Number of a level that no filter has. */
export const UNKNOWN_LEVEL = 0

/** From this length on V8 makes a slice of a string a view that keeps the whole string alive. */
const SLICE_CHARS_MIN = 13

/**
 * Numbers for the levels (the text between slashes) that filters use, so that the trie compares
 * and stores numbers. Uses are counted; a number that nobody uses is given again.
 */
export class LevelTable {
  readonly #numbers: SplitMap<number>
  readonly #texts: string[]
  readonly #uses: number[]
  readonly #free: number[]

  constructor() {
    this.#numbers = new SplitMap()
    this.#texts = ['']
    this.#uses = [0]
    this.#free = []
  }

  /** Different levels in use. */
  get count(): number {
    return this.#numbers.size
  }

  /** The number of a level, UNKNOWN_LEVEL when no filter has it. Hot path. */
  find(level: string): number {
    return this.#numbers.get(level, spread(level)) ?? UNKNOWN_LEVEL
  }

  /** The number of a level, given now if it has none, with one more use. */
  use(level: string): number {
    const known = this.#numbers.get(level, spread(level))
    if (known !== undefined) {
      this.#uses[known]!++ // In range, here and below: numbers in the map are indexes.
      return known
    }
    const text = ownText(level)
    const number = this.#free.pop() ?? this.#texts.length
    this.#texts[number] = text
    this.#uses[number] = 1
    this.#numbers.set(text, spread(text), number)
    return number
  }

  /** Gives one use back. */
  release(number: number): void {
    if (--this.#uses[number]! > 0) return
    const text = this.#texts[number]!
    this.#numbers.delete(text, spread(text))
    this.#texts[number] = ''
    this.#free.push(number)
  }
}

/** A copy that does not keep the filter it was cut from alive. */
function ownText(level: string): string {
  if (level.length < SLICE_CHARS_MIN) return level
  const copy = Buffer.from(level).toString()
  return copy === level ? copy : level // Differs only when it is not well-formed.
}

/** Cheap, and different for names that are numbered: they differ in their last characters. */
function spread(level: string): number {
  const { length } = level
  if (length < 2) return length
  return level.charCodeAt(length - 1) + (level.charCodeAt(length - 2) << 2) + length
}
