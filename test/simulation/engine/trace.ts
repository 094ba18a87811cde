import type { Schedule } from './schedule.ts'

/** Events kept per client, and of the broker. */
const KEPT_PER_NAME = 400

/** One line of what happened. */
export interface TraceLine {
  readonly step: number
  readonly atMs: number
  readonly name: string
  readonly text: string
}

/** The first event that contradicts an invariant. */
export class InvariantBroken extends Error {
  readonly invariant: string
  readonly clients: readonly string[]

  constructor(invariant: string, detail: string, clients: readonly string[]) {
    super(detail)
    this.name = 'InvariantBroken'
    this.invariant = invariant
    this.clients = clients
  }
}

/**
 * What happened lately, by client and for the broker; and a checksum over everything that ever
 * happened, by which two runs of one seed are compared.
 */
export class Trace {
  readonly #schedule: Schedule
  readonly #lines: Map<string, TraceLine[]>
  /** Called with every line; for following a run by eye. */
  follow: ((line: TraceLine) => void) | undefined
  checksum: number

  constructor(schedule: Schedule) {
    this.#schedule = schedule
    this.#lines = new Map()
    this.follow = undefined
    this.checksum = 0
  }

  add(name: string, text: string): void {
    const line = { step: this.#schedule.steps, atMs: this.#schedule.nowMs, name, text }
    let lines = this.#lines.get(name)
    if (lines === undefined) this.#lines.set(name, (lines = []))
    lines.push(line)
    if (lines.length > KEPT_PER_NAME * 2) lines.splice(0, KEPT_PER_NAME)
    this.#mix(`${line.step} ${line.atMs} ${name} ${text}`)
    this.follow?.(line)
  }

  /** The last lines of these clients and of the broker, in the order of time. */
  last(names: readonly string[], count: number): TraceLine[] {
    const wanted = new Set([...names, 'broker'])
    const lines = [...wanted].flatMap((name) => this.#lines.get(name)?.slice(-count) ?? [])
    return lines.toSorted((a, b) => a.step - b.step).slice(-count)
  }

  #mix(text: string): void {
    let hash = this.checksum
    for (let index = 0; index < text.length; index++) {
      hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
    }
    this.checksum = hash
  }
}

/** A line as people read it. */
export function formatLine({ step, atMs, name, text }: TraceLine): string {
  const time = (atMs / 1000).toFixed(4).padStart(10)
  return `${step.toString().padStart(8)} ${time} s  ${name.padEnd(9)} ${text}`
}
