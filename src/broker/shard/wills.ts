import { encodePublishProperties } from '#codec/mqtt/publish.ts'
import { Timer } from '#kernel/timer-wheel.ts'
import type { TimerTarget } from '#kernel/timer-wheel.ts'
import { Message } from '../message.ts'
import { saveSession } from '../session/session-record.ts'
import type { HeldWill, Session } from '../session/session.ts'
import { mountTopic } from '../topics/mountpoint.ts'
import type { Zone } from '../zones.ts'
import type { ShardCore } from './core.ts'
import type { Links } from './links.ts'

/** Takes a will into the broker; the zone is that of its session. */
type PublishWill = (message: Message, username: string | undefined, zone: Zone) => void

/**
 * Sends the wills of sessions whose connection broke: at once, after the will delay, or when the
 * session ends, whichever is first [MQTT-3.1.3-9] [MQTT-3.1.2-8].
 */
export class Wills implements TimerTarget {
  readonly #core: ShardCore
  readonly #links: Links
  readonly #publish: PublishWill
  readonly #timers: Map<Session, Timer>
  readonly #byTimer: Map<Timer, Session>

  /** @param publish takes the message into the broker, or delays it */
  constructor(core: ShardCore, links: Links, publish: PublishWill) {
    this.#core = core
    this.#links = links
    this.#publish = publish
    this.#timers = new Map()
    this.#byTimer = new Map()
  }

  /** Wills that wait for their delay. */
  get waiting(): number {
    return this.#timers.size
  }

  /** The connection broke without a proper DISCONNECT. */
  connectionBroke(session: Session): void {
    const { will } = session
    if (will === undefined) return // [MQTT311-3.1.2-12]
    if (will.delayMs === 0 || session.expiryMs === 0) {
      this.sendNow(session)
      return
    }
    const elapsedMs = this.#core.nowMs - session.disconnectedAtMs
    this.#arm(session, Math.max(0, Math.min(will.delayMs, session.expiryMs) - elapsedMs))
  }

  /** Sends the session's will, if it still has one; it is gone then. */
  sendNow(session: Session): void {
    const { will } = session
    this.cancel(session)
    if (will === undefined) return
    session.will = undefined
    session.leavingWill = will
    const message = this.#messageOf(session, will)
    this.#publish(message, will.username, session.zone)
    // Not again after a restart [MQTT-3.1.2-10]. It leaves the store together with what its
    // publish wrote here, and after what it wrote elsewhere.
    const { routeEarly, routeRemote } = this.#core
    if (routeRemote === 0 && !routeEarly) this.#left(session, will)
    else this.#leaveWhenSafe(session, will)
  }

  #leaveWhenSafe(session: Session, will: HeldWill): void {
    this.#links.whenAllSafe((failure) => {
      if (failure === undefined) this.#left(session, will)
      else this.#core.atNextAdvance(() => this.#leaveWhenSafe(session, will))
    })
  }

  #left(session: Session, will: HeldWill): void {
    if (session.leavingWill !== will) return
    session.leavingWill = undefined
    this.#core.startTick()
    if (!session.ended) saveSession(this.#core.store, session)
  }

  /** A new connection was made in time, or the will was withdrawn: it is not sent. */
  cancel(session: Session): void {
    const timer = this.#timers.get(session)
    if (timer === undefined) return
    this.#core.timers.cancel(timer)
    this.#timers.delete(session)
    this.#byTimer.delete(timer)
  }

  timerFired(timer: Timer): void {
    const session = this.#byTimer.get(timer)
    if (session !== undefined) this.sendNow(session)
  }

  #arm(session: Session, delayMs: number): void {
    this.cancel(session)
    const timer = new Timer(this)
    this.#timers.set(session, timer)
    this.#byTimer.set(timer, session)
    this.#core.timers.scheduleAt(timer, this.#core.ports.clock.monotonicMs() + delayMs)
  }

  #messageOf({ clientId, zone }: Session, held: HeldWill): Message {
    const core = this.#core
    const { topic, payload, qos, retain, properties } = held.will
    const { willDelayIntervalSeconds: _, messageExpiryIntervalSeconds, ...forwarded } = properties
    const entry = core.router.entryFor(mountTopic(held.mountpoint, topic))
    const expiryMs = Math.min(
      messageExpiryIntervalSeconds === undefined
        ? Number.POSITIVE_INFINITY
        : messageExpiryIntervalSeconds * 1000,
      zone.mqtt.messageExpiryMs,
    )
    const expiresAtMs = expiryMs === Number.POSITIVE_INFINITY ? 0 : core.nowMs + expiryMs
    const encoded = encodePublishProperties(forwarded) // [MQTT-3.1.3-10]
    return new Message(
      entry,
      payload,
      qos,
      retain, // [MQTT-3.1.2-14] [MQTT-3.1.2-15]
      encoded,
      expiresAtMs,
      clientId,
      core.nowMs,
      false,
    )
  }
}
