/** The clocks of the operating system, in ms. */
export const systemClock = Object.freeze({
  nowMs: (): number => Date.now(),
  /** Counts from the start of the thread; threads cannot be compared. */
  monotonicMs: (): number => performance.now(),
})
