/** One thing of an export that has no like here: a row that is passed over, and told. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken'
  /** What it is called. */
  readonly who: string

  /** @param reason completes "users that …" */
  constructor(who: string, reason: string) {
    super(reason)
    this.who = who
  }
}

/** Names told with a reason. */
const NAMES_MAX = 5

/** What was not taken over, by the reason. */
export class Remarks {
  readonly #names = new Map<string, string[]>()

  add(reason: string, who: string): void {
    this.#names.set(reason, [...(this.#names.get(reason) ?? []), who])
  }

  /** One line for each reason, with how many and some of their names. */
  lines(): readonly string[] {
    return [...this.#names].map(([reason, names]) => {
      const shown = names.slice(0, NAMES_MAX).join(', ')
      return `${reason}: ${names.length} (${shown}${names.length > NAMES_MAX ? ', …' : ''})`
    })
  }
}
