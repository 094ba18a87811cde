import type { JqValue } from './jq-types.ts'

/** A program that is none; says where. */
export class JqSyntaxError extends Error {
  constructor(message: string, at: number) {
    super(`jq: ${message} (character ${at + 1} of the program)`)
    this.name = 'JqSyntaxError'
  }
}

/** What a program has thrown: `error(…)`, or an operation on values that it is not for. */
export class JqError extends Error {
  /** What `catch` gets. */
  readonly value: JqValue

  constructor(value: JqValue) {
    super(typeof value === 'string' ? value : `${JSON.stringify(value)} (not a string)`)
    this.name = 'JqError'
    this.value = value
  }
}

/** A program that takes too much; not to be caught by `try`. */
export class JqLimitError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'JqLimitError'
  }
}

/** Leaves the label that made it. */
export class JqBreak extends Error {
  readonly label: object

  constructor(label: object) {
    super('break')
    this.name = 'JqBreak'
    this.label = label
  }
}
