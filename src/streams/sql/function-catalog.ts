import type { FunctionDefinition } from '#plugin/define-function.ts'

/** The functions of a dialect by name, whatever the case. */
export class FunctionCatalog {
  /** In the order of the catalogue. */
  readonly all: readonly FunctionDefinition[]
  readonly #byName: ReadonlyMap<string, readonly FunctionDefinition[]>

  /** @throws TypeError when two entries of a name take the same number of arguments */
  constructor(definitions: readonly FunctionDefinition[]) {
    this.all = definitions
    const byName = new Map<string, FunctionDefinition[]>()
    for (const definition of definitions) {
      const key = definition.name.toLowerCase()
      const entries = byName.get(key) ?? []
      for (const other of entries) {
        if (overlap(definition, other)) throw new TypeError(`two functions ${definition.name}`)
      }
      entries.push(definition)
      byName.set(key, entries)
    }
    this.#byName = byName
  }

  /** Entries of a name, which differ in the number of arguments; none when it is unknown. */
  named(name: string): readonly FunctionDefinition[] {
    return this.#byName.get(name.toLowerCase()) ?? []
  }

  /** The entry that takes so many arguments. */
  find(name: string, count: number): FunctionDefinition | undefined {
    return this.named(name).find((entry) => {
      const { min, max } = arity(entry)
      return count >= min && count <= max
    })
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }
}

/** How many arguments a function takes; `max` is Infinity for a variadic one. */
export function arity(definition: FunctionDefinition): {
  readonly min: number
  readonly max: number
} {
  const { arguments: args } = definition
  const isVariadic = args.some(({ variadic }) => variadic === true)
  const min = args.filter((one) => one.optional !== true && one.variadic !== true).length
  return { min, max: isVariadic ? Number.POSITIVE_INFINITY : args.length }
}

function overlap(one: FunctionDefinition, other: FunctionDefinition): boolean {
  const first = arity(one)
  const second = arity(other)
  return first.min <= second.max && second.min <= first.max
}
