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
  readonly #told = new Map<string, { count: number; readonly names: string[] }>()

  add(reason: string, who: string): void {
    const told = this.#told.get(reason) ?? { count: 0, names: [] }
    told.count++
    if (told.names.length < NAMES_MAX) told.names.push(who)
    this.#told.set(reason, told)
  }

  /** One line for each reason, with how many and some of their names. */
  lines(): readonly string[] {
    return [...this.#told].map(([reason, { count, names }]) => {
      return `${reason}: ${count} (${names.join(', ')}${count > NAMES_MAX ? ', …' : ''})`
    })
  }
}
