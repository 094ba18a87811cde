import { Timer, type TimerTarget, type TimerWheel } from '#kernel/timer-wheel.ts'
import { TokenBucket } from '#kernel/token-bucket.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { ClientRates } from '../limits.ts'
import { Metric } from '../metrics.ts'
import type { Connection } from './connection.ts'
import type { RateLimit } from './context.ts'

/**
 * Holds one client to the rates of its listener (`messages_rate`, `bytes_rate`): reads it later,
 * refuses its messages, or ends its connection.
 */
export class RateGuard implements RateLimit, TimerTarget {
  readonly #connection: Connection
  readonly #timers: TimerWheel
  readonly #action: ClientRates['action']
  readonly #messages: TokenBucket | undefined
  readonly #bytes: TokenBucket | undefined
  readonly #timer: Timer
  #isPausing = false

  constructor(connection: Connection, timers: TimerWheel, rates: ClientRates, nowMs: number) {
    const { messages, messagesBurst, bytes, bytesBurst } = rates
    this.#connection = connection
    this.#timers = timers
    this.#action = rates.action
    this.#messages = messages && new TokenBucket(messages, messagesBurst, nowMs)
    this.#bytes = bytes && new TokenBucket(bytes, bytesBurst, nowMs)
    this.#timer = new Timer(this)
  }

  received(count: number, nowMs: number): boolean {
    if (this.#bytes === undefined || this.#bytes.take(count, nowMs)) return true
    if (this.#action === 'disconnect') this.#disconnect()
    else if (this.#action === 'pause') this.#pause(this.#bytes.waitMs(nowMs))
    return this.#action !== 'disconnect'
  }

  admit(nowMs: number): boolean {
    const messages = this.#messages
    if (this.#action === 'pause') {
      if (messages?.take(1, nowMs) === false) this.#pause(messages.waitMs(nowMs))
      return true
    }
    const hasRoom = messages?.hasOne(nowMs) !== false && (this.#bytes?.waitMs(nowMs) ?? 0) === 0
    if (hasRoom) messages?.take(1, nowMs)
    else if (this.#action === 'disconnect') this.#disconnect()
    else this.#connection.context.metrics.increment(Metric.RATE_LIMIT_REFUSED)
    return hasRoom
  }

  timerFired(): void {
    this.#isPausing = false
    this.#connection.unpark()
  }

  stop(): void {
    this.#timers.cancel(this.#timer)
  }

  /** Takes no packets for a time, and does not read meanwhile. */
  #pause(waitMs: number): void {
    if (this.#isPausing) return
    this.#isPausing = true
    const { metrics, log } = this.#connection.context
    metrics.increment(Metric.RATE_LIMIT_PAUSED)
    log.debug('socket_receive_paused_by_rate_limit', {
      clientid: this.#connection.clientId,
      waitMs,
    })
    this.#connection.park()
    this.#connection.wire.pause()
    this.#timers.schedule(this.#timer, waitMs)
  }

  #disconnect(): void {
    this.#connection.context.metrics.increment(Metric.RATE_LIMIT_DISCONNECTED)
    this.#connection.close({
      reason: ReasonCode.MESSAGE_RATE_TOO_HIGH,
      code: 'message_rate_too_high',
      text: 'The client sends more than the listener allows (messages_rate, bytes_rate).',
    })
  }
}
