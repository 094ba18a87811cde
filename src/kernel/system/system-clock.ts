/** The clocks of the operating system, in ms. */
export const systemClock = Object.freeze({
  nowMs: (): number => Date.now(),
  /** Counts from the start of the thread; threads cannot be compared. */
  monotonicMs: (): number => performance.now(),
})

/** Steps of the wall clock that are smaller are left to the next look. */
const STEP_MS = 2

/** The wall clock in ms with fractions, for spans of time that are shorter than one. */
export function makePreciseClock(): () => number {
  let offsetMs = performance.timeOrigin
  return () => {
    const elapsedMs = performance.now()
    const wallMs = Date.now()
    if (Math.abs(offsetMs + elapsedMs - wallMs) > STEP_MS) offsetMs = wallMs - elapsedMs
    return offsetMs + elapsedMs
  }
}
