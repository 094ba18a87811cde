import type { Log, StoreFailure } from '#broker/ports.ts'

/** Why a store takes nothing new, or `ok`. */
export type StoreState = 'ok' | StoreFailure['kind'] | 'stalled' | 'backlog' | 'limit'

/** What the operator should do, for every state. */
const ADVICE: Readonly<Record<Exclude<StoreState, 'ok'>, string>> = {
  full:
    'free disk space, or raise durability.max_store_bytes; the store tries again by itself, ' +
    'nothing acknowledged is lost, and what needs storing is refused until then',
  io:
    'check the disk and the log of the operating system; the store tries again by itself, and ' +
    'what needs storing is refused until then',
  corrupt:
    'stop the node, then restore the data directory from a backup, or move it away to start empty',
  closed: 'the node is stopping',
  stalled: 'the disk does not answer: check it and the log of the operating system',
  backlog: 'the disk is slower than the publishers: use a faster disk or limit the publishers',
  limit:
    'raise durability.max_store_bytes, or remove sessions, queued or retained messages; ' +
    'what needs storing is refused until then',
}

/** Writes one line into the log each time the state of a store changes. */
export class StoreReport {
  readonly #log: Log
  #shown: StoreState

  constructor(log: Log) {
    this.#log = log
    this.#shown = 'ok'
  }

  /** To be called whenever the state may have changed. */
  show(state: StoreState, failure: StoreFailure | undefined, pendingBytes: number): void {
    const before = this.#shown
    if (state === before) return
    this.#shown = state
    if (state === 'ok') {
      this.#log.info('storage_recovered', { was: before, pendingBytes })
      return
    }
    const reason = failure?.message
    const fields = { state, was: before, reason, pendingBytes, advice: ADVICE[state] }
    if (failure === undefined) this.#log.warn('storage_refuses', fields)
    else this.#log.error('storage_failed', fields)
  }

  /** At the end: pending data could not be written. */
  lost(failure: StoreFailure, pendingBytes: number): void {
    const { kind, message } = failure
    this.#log.error('storage_lost_pending', { kind, reason: message, pendingBytes })
  }
}
