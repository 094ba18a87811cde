import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TICK_MS, Timer, TimerWheel } from './timer-wheel.ts'

/** Notes the names of its timers as they fire. */
class Recorder {
  readonly fired: { readonly name: string; readonly atMs: number }[] = []
  readonly #names = new Map<Timer, string>()
  #then: (name: string, timer: Timer) => void = () => {}

  timer(name: string): Timer {
    const timer = new Timer(this)
    this.#names.set(timer, name)
    return timer
  }

  onFire(then: (name: string, timer: Timer) => void): void {
    this.#then = then
  }

  timerFired(timer: Timer, nowMs: number): void {
    const name = this.#names.get(timer) ?? ''
    this.fired.push({ name, atMs: nowMs })
    this.#then(name, timer)
  }

  get names(): string {
    return this.fired.map(({ name }) => name).join(' ')
  }
}

test('a timer fires once, not before its time and at most one tick after it', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(5_000)
  wheel.schedule(recorder.timer('a'), 250)
  for (let now = 5_000; now <= 6_000; now += 10) wheel.advance(now)
  assert.deepEqual(recorder.fired, [{ name: 'a', atMs: 5_300 }])
  assert.equal(wheel.count, 0)
})

test('a cancelled timer does not fire, and can be armed again', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(0)
  const timer = recorder.timer('a')
  wheel.schedule(timer, 100)
  wheel.cancel(timer)
  wheel.cancel(timer)
  assert.equal(timer.armed, false)
  wheel.advance(1_000)
  assert.equal(recorder.names, '')
  wheel.schedule(timer, 100)
  wheel.advance(2_000)
  assert.equal(recorder.names, 'a')
})

test('a timer that is put off again and again stays silent and does not move', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(0)
  const timer = recorder.timer('keep alive')
  wheel.schedule(timer, 1_000)
  const { slot } = timer
  for (let now = 0; now < 900; now += 10) {
    wheel.advance(now)
    wheel.schedule(timer, 1_000)
    assert.equal(timer.slot, slot)
  }
  wheel.advance(1_800)
  assert.equal(recorder.names, '')
  wheel.advance(1_900)
  assert.equal(recorder.names, 'keep alive')
})

test('a timer can be called forward', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(0)
  const timer = recorder.timer('a')
  wheel.schedule(timer, 3_600_000)
  wheel.schedule(timer, 100)
  wheel.advance(100)
  assert.equal(recorder.names, 'a')
})

test('very long delays fire on time', () => {
  const delaysMs = [25_600, 1_638_400, 104_857_600, 4_294_967_000, 6_710_886_400, 4_294_967_295_000]
  for (const delayMs of delaysMs) {
    const recorder = new Recorder()
    const wheel = new TimerWheel(123)
    wheel.scheduleAt(recorder.timer('a'), 123 + delayMs)
    wheel.advance(123 + delayMs - 1)
    assert.equal(recorder.names, '', `${delayMs} too early`)
    wheel.advance(123 + delayMs + TICK_MS)
    assert.equal(recorder.names, 'a', `${delayMs} too late`)
  }
})

test('a time that is not finite is refused', () => {
  const wheel = new TimerWheel(0)
  const timer = new Recorder().timer('a')
  for (const wrong of [Infinity, Number.NaN]) assert.throws(() => wheel.schedule(timer, wrong))
})

test('what is due already fires with the next tick, never at once', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(0)
  recorder.onFire((_name, timer) => {
    if (recorder.fired.length < 3) wheel.schedule(timer, -50)
  })
  wheel.schedule(recorder.timer('a'), 0)
  wheel.advance(0)
  assert.equal(recorder.fired.length, 0)
  wheel.advance(100)
  assert.equal(recorder.fired.length, 1)
  wheel.advance(200)
  assert.equal(recorder.fired.length, 2)
})

test('a timer may cancel and arm others of its own tick', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(0)
  const [a, b, c] = [recorder.timer('a'), recorder.timer('b'), recorder.timer('c')]
  for (const timer of [a, b, c]) wheel.schedule(timer, 100)
  recorder.onFire((name) => {
    if (name !== 'a') return
    wheel.cancel(b)
    wheel.schedule(c, 100)
  })
  wheel.advance(100)
  assert.equal(recorder.names, 'a')
  wheel.advance(200)
  assert.equal(recorder.names, 'a c')
})

test('a limit of fires leaves the rest to the next call, in order', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(0)
  for (const [index, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    wheel.schedule(recorder.timer(name), index < 3 ? 100 : 200)
  }
  assert.equal(wheel.advance(1_000, 2), 2)
  assert.equal(recorder.names, 'a b')
  assert.equal(wheel.nextDueMs(), 1_000)
  assert.equal(wheel.advance(1_000, 2), 2)
  assert.equal(wheel.advance(1_000, 2), 1)
  assert.equal(recorder.names, 'a b c d e')
})

test('a target that throws does not disturb the timers behind it', () => {
  const recorder = new Recorder()
  const wheel = new TimerWheel(0)
  recorder.onFire((name) => {
    if (name === 'a') throw new Error('target')
  })
  for (const name of ['a', 'b']) wheel.schedule(recorder.timer(name), 100)
  assert.throws(() => wheel.advance(100), /target/)
  wheel.advance(100)
  assert.equal(recorder.names, 'a b')
})

type Step =
  | { readonly kind: 'schedule'; readonly timer: number; readonly delayMs: number }
  | { readonly kind: 'cancel'; readonly timer: number }
  | { readonly kind: 'advance'; readonly byMs: number; readonly firesMax: number }
  | { readonly kind: 'sleep' }

const TIMERS = 8
const delay = fc.oneof(
  { weight: 4, arbitrary: fc.nat(30_000) },
  { weight: 2, arbitrary: fc.nat(4_000_000) },
  { weight: 1, arbitrary: fc.nat(2_000_000_000) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('schedule' as const),
      timer: fc.nat(TIMERS - 1),
      delayMs: delay,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cancel' as const), timer: fc.nat(TIMERS - 1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      byMs: delay,
      firesMax: fc.constantFrom(1, 2, Infinity),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sleep' as const) }) },
)

/** A list of due ticks, looked through from end to end. */
class ModelWheel {
  readonly dueTicks = new Map<string, number>()
  readonly startMs: number
  nowMs: number

  constructor(startMs: number) {
    this.startMs = startMs
    this.nowMs = startMs
  }

  get tick(): number {
    return Math.floor((this.nowMs - this.startMs) / TICK_MS)
  }

  get dueNames(): readonly string[] {
    const due = Array.from(this.dueTicks).filter(([, tick]) => tick <= this.tick)
    return due.sort(([, a], [, b]) => a - b).map(([name]) => name)
  }
}

test('any mix of arming, cancelling and advancing fires like a sorted list', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120, size: 'max' }),
      fc.nat(10 ** 12),
      (steps, startMs) => {
        const recorder = new Recorder()
        const wheel = new TimerWheel(startMs)
        const model = new ModelWheel(startMs)
        const timers = Array.from({ length: TIMERS }, (_, index) => recorder.timer(`${index}`))
        for (const next of steps) playStep(next, wheel, model, timers, recorder)
        playStep(
          { kind: 'advance', byMs: 10 ** 10, firesMax: Infinity },
          wheel,
          model,
          timers,
          recorder,
        )
        assert.equal(wheel.count, 0)
        assert.equal(wheel.nextDueMs(), Infinity)
      },
    ),
    { numRuns: 150 },
  )
})

function playStep(
  next: Step,
  wheel: TimerWheel,
  model: ModelWheel,
  timers: readonly Timer[],
  recorder: Recorder,
): void {
  if (next.kind === 'schedule') {
    const dueMs = model.nowMs + next.delayMs
    // With fires left over the wheel stands at an earlier tick: what is past then may come first.
    if (model.dueNames.length > 0) return
    wheel.schedule(timers[next.timer]!, next.delayMs)
    const wanted = Math.ceil((dueMs - model.startMs) / TICK_MS)
    model.dueTicks.set(`${next.timer}`, Math.max(wanted, model.tick + 1))
  } else if (next.kind === 'cancel') {
    wheel.cancel(timers[next.timer]!)
    model.dueTicks.delete(`${next.timer}`)
  } else {
    const sleepMs = wheel.nextDueMs() - model.nowMs
    const byMs = next.kind === 'advance' ? next.byMs : Number.isFinite(sleepMs) ? sleepMs : 0
    const firesMax = next.kind === 'advance' ? next.firesMax : Infinity
    if (next.kind === 'sleep') assertNothingBefore(model, byMs)
    model.nowMs += byMs
    recorder.fired.length = 0
    const ticks = new Map(model.dueTicks)
    const due = model.dueNames
    assert.equal(wheel.advance(model.nowMs, firesMax), Math.min(firesMax, due.length))
    const fired = recorder.fired.map(({ name }) => name)
    // Within one tick any order will do: compare the ticks, and that nothing fired twice.
    const ticksOf = (names: readonly string[]) => names.map((name) => ticks.get(name))
    assert.deepEqual(ticksOf(fired), ticksOf(due.slice(0, fired.length)))
    assert.equal(new Set(fired).size, fired.length)
    for (const name of fired) model.dueTicks.delete(name)
  }
  assert.equal(wheel.count, model.dueTicks.size)
}

function assertNothingBefore(model: ModelWheel, byMs: number): void {
  if (byMs <= 0) return
  const before = new ModelWheel(model.startMs)
  before.nowMs = model.nowMs + byMs - 1
  for (const [name, tick] of model.dueTicks) before.dueTicks.set(name, tick)
  assert.deepEqual(before.dueNames, [])
}
