import type { WriteStream } from 'node:tty'
import { formatCount } from './format-number.ts'
import { Counter, type Totals } from './load/shared-state.ts'

/** One line on a terminal that is written over once a second. Nothing elsewhere. */
export class ProgressLine {
  readonly #out: Pick<WriteStream, 'write' | 'isTTY' | 'columns'>
  #lastMs = performance.now()
  #lastSent = 0
  #lastDelivered = 0
  #isShown = false

  constructor(out: Pick<WriteStream, 'write' | 'isTTY' | 'columns'>) {
    this.#out = out
  }

  show(stage: string, totals: Totals): void {
    if (!this.#out.isTTY) return
    const text = this.#text(stage, totals).slice(0, (this.#out.columns || 80) - 1)
    this.#out.write(`\r\u001b[K${text}`)
    this.#isShown = true
  }

  clear(): void {
    if (this.#isShown) this.#out.write('\r\u001b[K')
    this.#isShown = false
  }

  #text(stage: string, totals: Totals): string {
    const nowMs = performance.now()
    const seconds = Math.max(0.001, (nowMs - this.#lastMs) / 1000)
    const sent = totals.get(Counter.SENT)
    const delivered = totals.get(Counter.DELIVERED)
    const parts = [
      stage,
      `${formatCount(totals.get(Counter.CONNECTED))} connected`,
      `${formatCount((sent - this.#lastSent) / seconds)} sent/s`,
      `${formatCount((delivered - this.#lastDelivered) / seconds)} delivered/s`,
      `${formatCount(Math.max(0, totals.underWay))} under way`,
    ]
    const duplicated = totals.get(Counter.DUPLICATED)
    if (duplicated > 0) parts.push(`${formatCount(duplicated)} duplicated`)
    this.#lastMs = nowMs
    this.#lastSent = sent
    this.#lastDelivered = delivered
    return parts.join(', ')
  }
}
