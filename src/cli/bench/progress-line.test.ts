import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter, countersOf, makeSharedMemory, Totals } from './load/shared-state.ts'
import { makePlan } from './make-plan.ts'
import { ProgressLine } from './progress-line.ts'

class FakeTerminal {
  text = ''
  readonly isTTY: boolean
  readonly columns: number

  constructor(isTTY: boolean, columns: number) {
    this.isTTY = isTTY
    this.columns = columns
  }

  write(text: string): boolean {
    this.text += text
    return true
  }
}

function makeTotals(): Totals {
  const plan = makePlan('pair', {})
  const memory = makeSharedMemory({ ...plan, threads: 2 })
  for (const thread of [0, 1]) {
    const counters = countersOf(memory, thread)
    counters[Counter.CONNECTED] = 50
    counters[Counter.EXPECTED] = 1000
    counters[Counter.DELIVERED] = 900
    counters[Counter.DUPLICATED] = 2
  }
  return new Totals(memory)
}

test('a terminal gets one line that is written over, and cleared at the end', () => {
  const terminal = new FakeTerminal(true, 200)
  const line = new ProgressLine(terminal)
  line.show('measuring', makeTotals())
  assert.match(
    terminal.text,
    /^\r\u001b\[Kmeasuring, 100 connected, .* 200 under way, 4 duplicated$/,
  )
  line.clear()
  assert.ok(terminal.text.endsWith('\r\u001b[K'))
  assert.ok(!terminal.text.includes('\n'))
})

test('the line is no longer than the terminal is wide', () => {
  const terminal = new FakeTerminal(true, 30)
  new ProgressLine(terminal).show('measuring', makeTotals())
  assert.equal(terminal.text.length, '\r\u001b[K'.length + 29)
})

test('nothing is written where no terminal is', () => {
  const file = new FakeTerminal(false, 80)
  const line = new ProgressLine(file)
  line.show('measuring', makeTotals())
  line.clear()
  assert.equal(file.text, '')
})
