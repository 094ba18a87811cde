import type { Rule } from './make-rule.ts'

/**
 * Who reads which events, or which sources of records: for each name its rules, oldest first. A
 * change costs the rule's own names, however many rules there are.
 */
export class RuleReaders {
  readonly #rulesOf: Map<string, Rule[]> = new Map()

  /** Names that somebody reads. */
  get names(): Iterable<string> {
    return this.#rulesOf.keys()
  }

  /** How many names somebody reads. */
  get size(): number {
    return this.#rulesOf.size
  }

  /** The rules that read it; a list that lives on, not to be changed. Undefined when none does. */
  get(name: string): readonly Rule[] | undefined {
    return this.#rulesOf.get(name)
  }

  /** Adds a rule that is not there; true when it is the first one that reads a name. */
  add(names: readonly string[], rule: Rule): boolean {
    let isFirst = false
    for (const name of names) {
      const rules = this.#rulesOf.get(name)
      if (rules === undefined) {
        this.#rulesOf.set(name, [rule])
        isFirst = true
      } else rules.splice(placeOf(rules, rule.madeAs), 0, rule)
    }
    return isFirst
  }

  /** Removes a rule; true when it was the last one that reads a name. */
  remove(names: readonly string[], rule: Rule): boolean {
    let wasLast = false
    for (const name of names) {
      const rules = this.#rulesOf.get(name)
      if (rules === undefined) continue
      const place = placeOf(rules, rule.madeAs)
      if (rules[place] !== rule) continue
      if (rules.length > 1) rules.splice(place, 1)
      else wasLast = this.#rulesOf.delete(name)
    }
    return wasLast
  }
}

/** Where the rule made as this one stands, or would stand. */
function placeOf(rules: readonly Rule[], madeAs: number): number {
  let from = 0
  let to = rules.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (rules[middle]!.madeAs < madeAs) from = middle + 1 // In range: below the length.
    else to = middle
  }
  return from
}
