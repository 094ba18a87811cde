import type { Prng } from '../engine/prng.ts'

/** So many aliases a device uses at most, so that it uses them again. */
const ALIASES_USED_MAX = 5

/** The topic aliases of one connection in both directions. */
export class TopicAliases {
  readonly #prng: Prng
  readonly #incoming: Map<number, string>
  readonly #outgoing: Map<string, number>
  /** What the broker allows. */
  maximum: number

  constructor(prng: Prng) {
    this.#prng = prng
    this.#incoming = new Map()
    this.#outgoing = new Map()
    this.maximum = 0
  }

  reset(): void {
    this.#incoming.clear()
    this.#outgoing.clear()
    this.maximum = 0
  }

  /** Topic and alias of a PUBLISH to the broker. */
  forPublish(topic: string): [topic: string, alias: number] {
    if (this.maximum === 0) return [topic, 0]
    const known = this.#outgoing.get(topic)
    if (known !== undefined) return this.#prng.chance(0.7) ? ['', known] : [topic, 0]
    const alias = this.#prng.between(1, Math.min(ALIASES_USED_MAX, this.maximum))
    for (const [before, number] of this.#outgoing) {
      if (number === alias) this.#outgoing.delete(before)
    }
    this.#outgoing.set(topic, alias)
    return [topic, alias]
  }

  /** The topic of a PUBLISH of the broker; undefined when its alias is not known. */
  topicOf(topic: string, alias: number | undefined): string | undefined {
    if (alias === undefined) return topic
    if (topic !== '') this.#incoming.set(alias, topic)
    return this.#incoming.get(alias)
  }
}
