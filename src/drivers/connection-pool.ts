import { Fifo } from '#kernel/fifo.ts'
import { backOffMs } from './back-off.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { type Driver, type DriverFigures, type DriverHealth, type DriverLimits } from './driver.ts'
import { DriverError, withoutSecrets } from './driver-error.ts'

/** How connections of one kind are made and ended. */
export interface ConnectionKind<C> {
  /** For messages: `PostgreSQL 127.0.0.1:5432`. */
  readonly title: string
  /** What must not be in messages. */
  readonly secrets: readonly (string | undefined)[]
  /** Requests that one connection carries at the same time. */
  readonly usesMax: number
  /** It connects anew by itself: kept when a request fails, replaced when a probe fails. */
  readonly isSelfHealing: boolean
  /**
   * Opens a connection and logs in. When `signal` aborts it is given up: nothing must stay open.
   * @param lost to be called when the connection is found closed
   */
  open(signal: AbortSignal, lost: () => void): Promise<C>
  /** A sign of life says that requests will be answered, not only that somebody is there. */
  readonly isCheckConclusive: boolean
  /** Asks for a sign of life. */
  check(connection: C, signal: AbortSignal): Promise<void>
  /** Lets a connection go without waiting for anything. Never throws. */
  drop(connection: C): void
  /** What an error of the client library means; the message without the title. */
  explain(error: unknown): DriverError
}

interface Slot<C> {
  readonly connection: C
  uses: number
  isLost: boolean
}

interface Waiter<C> {
  readonly take: (slot: Slot<C>) => void
  readonly fail: (error: DriverError) => void
  isSettled: boolean
}

interface Leftovers<T> {
  /** Gets a result that comes after the time limit. */
  readonly late?: (result: T) => void
  readonly secrets?: readonly unknown[]
}

/**
 * Connections to one system, at most `poolSize` of them, opened when they are needed.
 *
 * - Who finds none free waits, at most `waitingMax` of them, at most `requestTimeoutMs` in all.
 * - A request that takes too long ends with its connection: what it left behind is not known.
 * - After `failuresMax` failures in a row all requests are refused at once (`CircuitBreaker`). A
 *   probe in the background, with growing pauses, finds out when the system is back.
 */
export class ConnectionPool<C> implements Driver {
  readonly #kind: ConnectionKind<C>
  readonly #limits: DriverLimits
  readonly #connectionsMax: number
  readonly #breaker: CircuitBreaker
  readonly #slots = new Set<Slot<C>>()
  readonly #waiters: Fifo<Waiter<C>>
  readonly #closing = new AbortController()
  #opening = 0
  #lastError: DriverError | undefined
  #lastSuccessMs = -Infinity
  #timer: NodeJS.Timeout | undefined
  #isProbing = false
  /** Probes in a row that failed. */
  #probesFailed = 0
  #succeeded = 0
  #failed = 0
  #timeouts = 0
  #refused = 0

  /** Opens the first connection in the background. */
  constructor(kind: ConnectionKind<C>, limits: DriverLimits) {
    this.#kind = kind
    this.#limits = limits
    this.#connectionsMax = Math.ceil(limits.poolSize / kind.usesMax)
    this.#breaker = new CircuitBreaker(limits.failuresMax)
    this.#waiters = new Fifo(limits.waitingMax, Infinity)
    void this.#probe()
  }

  get health(): DriverHealth {
    const reason = this.#lastError?.message
    if (reason !== undefined) return { status: 'disconnected', reason }
    return { status: this.#slots.size > 0 ? 'connected' : 'connecting' }
  }

  get figures(): DriverFigures {
    let inUse = 0
    for (const { uses } of this.#slots) inUse += uses
    return {
      connections: this.#slots.size,
      inUse,
      waiting: this.#waiters.count,
      succeeded: this.#succeeded,
      failed: this.#failed,
      timeouts: this.#timeouts,
      refused: this.#refused,
      opened: this.#breaker.opened,
    }
  }

  /**
   * Does something with a connection.
   * @param secrets what must not be in the message when it fails, besides the login
   * @param signal ends the wait for a connection
   * @throws DriverError
   */
  async use<T>(
    work: (connection: C, signal: AbortSignal) => Promise<T>,
    secrets: readonly unknown[] = [],
    signal?: AbortSignal,
  ): Promise<T> {
    this.#refuseEarly()
    if (signal?.aborted === true) throw this.#error('retryable', 'the request was given up')
    const endsAtMs = performance.now() + this.#limits.requestTimeoutMs
    const slot = await this.#acquire(signal)
    try {
      const leftMs = Math.max(1, endsAtMs - performance.now())
      const run = (stop: AbortSignal): Promise<T> => work(slot.connection, stop)
      const result = await this.#limited(leftMs, run, { secrets })
      this.#worked()
      return result
    } catch (error) {
      const fault = this.#explain(error, secrets)
      if (fault.isConnectionLost && !this.#kind.isSelfHealing) this.#lose(slot)
      this.#requestFailed(fault)
      throw fault
    } finally {
      this.#release(slot)
    }
  }

  /**
   * Finds out now whether the system answers; opens a connection if there is none.
   * @throws DriverError that says why it does not
   */
  async check(): Promise<void> {
    const free = this.#freeSlot()
    // All are in use: requests show whether they work.
    if (free === undefined && this.#slots.size > 0 && this.#lastError === undefined) return
    const slot = await this.#acquire(undefined)
    try {
      await this.#limited(this.#limits.connectTimeoutMs, (signal) => {
        return this.#kind.check(slot.connection, signal)
      })
      this.#reachable(this.#kind.isCheckConclusive)
    } catch (error) {
      const fault = this.#explain(error, [])
      this.#lose(slot)
      this.#unreachable(fault, true)
      throw fault
    } finally {
      this.#release(slot)
    }
  }

  close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#closing.abort()
    const closed = this.#error('retryable', 'the connections are closed')
    for (const waiter of this.#waiters) waiter.fail(closed)
    this.#waiters.clear()
    for (const slot of this.#slots) this.#lose(slot)
    return Promise.resolve()
  }

  #refuseEarly(): void {
    if (this.#closing.signal.aborted) throw this.#error('retryable', 'the connections are closed')
    if (this.#breaker.isClosed) return
    this.#refused++
    throw this.#lastError ?? this.#error('retryable', 'it failed several times in a row')
  }

  /** A connection with room for one more use. */
  #acquire(signal: AbortSignal | undefined): Promise<Slot<C>> {
    const free = this.#freeSlot()
    if (free !== undefined) {
      free.uses++
      return Promise.resolve(free)
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter<C> = {
        isSettled: false,
        take: (slot) => settle(() => resolve(slot)),
        fail: (error) => settle(() => reject(error)),
      }
      const settle = (answer: () => void) => {
        if (waiter.isSettled) return
        waiter.isSettled = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', leave)
        answer()
      }
      const leave = () => waiter.fail(this.#error('retryable', 'the request was given up'))
      const timer = setTimeout(() => this.#waitedTooLong(waiter), this.#limits.requestTimeoutMs)
      signal?.addEventListener('abort', leave)
      if (!this.#waiters.push(waiter, 0)) {
        this.#refused++
        const { waitingMax } = this.#limits
        waiter.fail(
          this.#error('retryable', `${waitingMax} requests wait for a connection already`),
        )
      } else this.#openMore()
    })
  }

  #waitedTooLong(waiter: Waiter<C>): void {
    const error = this.#error('retryable', 'no connection became free in time')
    this.#timeouts++
    waiter.fail(error)
    while (this.#waiters.peek()?.isSettled === true) this.#waiters.shift()
    this.#requestFailed(error)
  }

  #freeSlot(): Slot<C> | undefined {
    let best: Slot<C> | undefined
    for (const slot of this.#slots) {
      if (slot.uses < this.#kind.usesMax && slot.uses < (best?.uses ?? Infinity)) best = slot
    }
    return best
  }

  /** Opens connections for those who wait, within the limit. */
  #openMore(): void {
    const isEnough = () => this.#opening * this.#kind.usesMax >= this.#waiters.count
    while (!isEnough() && this.#slots.size + this.#opening < this.#connectionsMax) {
      void this.#open().catch((error: unknown) => {
        const fault = this.#explain(error, [])
        const waiter = this.#nextWaiter()
        if (waiter !== undefined) this.#failed++
        waiter?.fail(fault)
        this.#unreachable(fault, true)
      })
    }
  }

  async #open(): Promise<Slot<C>> {
    this.#opening++
    let slot: Slot<C> | undefined
    let isLostAlready = false
    const lost = () => {
      isLostAlready = true
      if (slot !== undefined) this.#lose(slot)
    }
    try {
      const connection = await this.#limited(
        this.#limits.connectTimeoutMs,
        (signal) => this.#kind.open(signal, lost),
        { late: (connection) => this.#kind.drop(connection) },
      )
      slot = { connection, uses: 0, isLost: isLostAlready }
    } finally {
      this.#opening--
    }
    if (this.#closing.signal.aborted) this.#kind.drop(slot.connection)
    else if (!isLostAlready) this.#slots.add(slot)
    this.#serve(slot)
    return slot
  }

  /** Gives what is free of a connection to those who wait. */
  #serve(slot: Slot<C>): void {
    while (!slot.isLost && slot.uses < this.#kind.usesMax) {
      const waiter = this.#nextWaiter()
      if (waiter === undefined) return
      slot.uses++
      waiter.take(slot)
    }
  }

  #nextWaiter(): Waiter<C> | undefined {
    let waiter = this.#waiters.shift()
    while (waiter?.isSettled === true) waiter = this.#waiters.shift()
    return waiter
  }

  #refuseWaiters(error: DriverError): void {
    for (let waiter = this.#nextWaiter(); waiter !== undefined; waiter = this.#nextWaiter()) {
      this.#refused++
      waiter.fail(error)
    }
  }

  #release(slot: Slot<C>): void {
    slot.uses--
    if (slot.isLost) this.#openMore()
    else this.#serve(slot)
  }

  /** A connection is closed or of no use any more. */
  #lose(slot: Slot<C>): void {
    if (slot.isLost) return
    slot.isLost = true
    this.#slots.delete(slot)
    this.#kind.drop(slot.connection)
    if (this.#closing.signal.aborted) return
    if (this.#slots.size === 0) this.#probeAfter(this.#limits.retryFirstMs)
  }

  #worked(): void {
    this.#succeeded++
    this.#reachable()
  }

  /** The system may have failed, or this request only. */
  #requestFailed(fault: DriverError): void {
    this.#failed++
    if (fault.isConnectionLost) this.#unreachable(fault, false)
  }

  #reachable(isProven = true): void {
    this.#lastSuccessMs = performance.now()
    this.#lastError = undefined
    this.#probesFailed = 0
    if (isProven) this.#breaker.succeed()
    else this.#breaker.relent()
  }

  #unreachable(fault: DriverError, isOpening: boolean): void {
    if (this.#closing.signal.aborted) return
    this.#lastError = fault
    // Without a connection, and none to be had, everybody would wait in vain.
    this.#breaker.fail(isOpening && this.#slots.size === 0)
    if (this.#breaker.isClosed) this.#openMore()
    else this.#refuseWaiters(fault)
    const { retryFirstMs, retryMostMs } = this.#limits
    const limits = { firstMs: retryFirstMs, mostMs: retryMostMs }
    this.#probeAfter(backOffMs(this.#probesFailed + 1, limits, Math.random()))
  }

  /** Probes after a pause, and not at the time planned before. */
  #probeAfter(pauseMs: number): void {
    if (this.#isProbing || this.#closing.signal.aborted) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#probe(), pauseMs)
    this.#timer.unref()
  }

  /** Finds out in the background whether the system answers. */
  async #probe(): Promise<void> {
    const { checkIntervalMs, connectTimeoutMs, retryFirstMs } = this.#limits
    const idleMs = performance.now() - this.#lastSuccessMs
    if (this.#lastError !== undefined || idleMs >= checkIntervalMs || this.#slots.size === 0) {
      this.#isProbing = true
      this.#breaker.probe()
      let failure: DriverError | undefined
      try {
        const slot = this.#freeSlot() ?? (await this.#openForProbe())
        if (slot !== undefined && (await this.#checkSlot(slot, connectTimeoutMs))) {
          this.#reachable(this.#kind.isCheckConclusive)
        }
      } catch (error) {
        failure = this.#explain(error, [])
      }
      this.#isProbing = false
      if (failure !== undefined) {
        this.#probesFailed++
        return this.#unreachable(failure, true)
      }
    }
    this.#probeAfter(this.#lastError === undefined ? checkIntervalMs : retryFirstMs)
  }

  /** Undefined when all connections are in use: then requests show whether they work. */
  async #openForProbe(): Promise<Slot<C> | undefined> {
    if (this.#slots.size + this.#opening >= this.#connectionsMax) return undefined
    return this.#open()
  }

  /** Whether a connection works; false when it has been given to one who waited meanwhile. */
  async #checkSlot(slot: Slot<C>, limitMs: number): Promise<boolean> {
    if (slot.uses >= this.#kind.usesMax) return false
    slot.uses++
    try {
      await this.#limited(limitMs, (signal) => this.#kind.check(slot.connection, signal))
      return true
    } catch (error) {
      this.#lose(slot)
      throw error
    } finally {
      this.#release(slot)
    }
  }

  /** Runs something with a time limit. Fails with a DriverError. */
  async #limited<T>(
    limitMs: number,
    run: (signal: AbortSignal) => Promise<T>,
    { late = () => {}, secrets = [] }: Leftovers<T> = {},
  ): Promise<T> {
    const stop = new AbortController()
    const { signal } = stop
    return new Promise<T>((resolve, reject) => {
      const over = (error: DriverError) => {
        reject(error)
        stop.abort(error)
      }
      const timer = setTimeout(() => {
        this.#timeouts++
        const seconds = Math.round(limitMs / 100) / 10
        over(this.#error('retryable', `it did not answer within ${seconds} s`, true))
      }, limitMs)
      const closed = () => over(this.#error('retryable', 'the connections are closed', true))
      this.#closing.signal.addEventListener('abort', closed)
      const done = () => {
        clearTimeout(timer)
        this.#closing.signal.removeEventListener('abort', closed)
      }
      run(signal).then(
        (result) => {
          done()
          if (signal.aborted) late(result)
          else resolve(result)
        },
        (error: unknown) => {
          done()
          reject(this.#explain(error, secrets))
        },
      )
    })
  }

  #explain(error: unknown, secrets: readonly unknown[]): DriverError {
    if (error instanceof DriverError && error.message.startsWith(this.#kind.title)) return error
    const { kind, message, isConnectionLost } =
      error instanceof DriverError ? error : this.#kind.explain(error)
    const clean = withoutSecrets(message, [...this.#kind.secrets, ...secrets])
    return this.#error(kind, clean, isConnectionLost)
  }

  #error(kind: DriverError['kind'], message: string, isConnectionLost = false): DriverError {
    return new DriverError(kind, `${this.#kind.title}: ${message}`, isConnectionLost)
  }
}
