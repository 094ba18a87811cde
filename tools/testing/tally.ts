/** The parts of a passed test's event which the tally reads. */
export interface PassEvent {
  readonly name: string
  readonly file?: string | undefined
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
}

/** The parts of the runner's summary event which the tally reads. */
export interface SummaryEvent {
  readonly file?: string | undefined
  readonly success: boolean
  readonly counts: { readonly tests: number; readonly skipped: number; readonly todo: number }
}

/**
 * Decides whether a run of the test runner counts as passed.
 *
 * With `strict` a skipped or unfinished test fails the run. A run without a final summary, or one
 * that ran nothing, fails always.
 */
export class TestTally {
  readonly #strict: boolean
  readonly #report: (line: string) => void
  #failed = false
  #finished = false

  constructor(strict: boolean, report: (line: string) => void = console.error) {
    this.#strict = strict
    this.#report = report
  }

  /** Takes a test that the runner calls passed; names it at once when it was skipped. */
  pass(event: PassEvent): void {
    if (!this.#strict) return
    if (event.skip === undefined && event.todo === undefined) return
    this.#failed = true
    this.#report(`not allowed with CI=true: skipped test "${event.name}" in ${event.file ?? '?'}`)
  }

  /** Takes a failed test. */
  fail(): void {
    this.#failed = true
  }

  /** Takes a summary; the one without a file is that of the whole run. */
  summary(event: SummaryEvent): void {
    if (event.file !== undefined) return
    this.#finished = true
    if (!event.success || event.counts.tests === 0) this.#failed = true
    if (this.#strict && event.counts.skipped + event.counts.todo > 0) this.#failed = true
  }

  /** True when the run finished with tests, and none of them failed. */
  get ok(): boolean {
    return this.#finished && !this.#failed
  }
}
