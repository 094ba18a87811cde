import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { Prng } from '../engine/prng.ts'
import type { Feature, Scenario } from '../scenario.ts'
import type { Device } from './device.ts'
import type { SimMessage } from './sim-message.ts'

type Act =
  | 'publish'
  | 'subscribe'
  | 'unsubscribe'
  | 'leave'
  | 'break'
  | 'hurry'
  | 'stall'
  | 'hold'
  | 'hop'

const FILTERS_MAX = 8

/** Decides what a device does when, until it is told to come to rest. */
export class Behaviour {
  readonly device: Device
  readonly #prng: Prng
  readonly #scenario: Scenario
  #resting: boolean
  #stalled: boolean

  constructor(device: Device, prng: Prng) {
    this.device = device
    this.#prng = prng
    this.#scenario = device.context.scenario
    this.#resting = false
    this.#stalled = false
    device.onEager = () => this.#publishSome(2)
    this.#actLater()
    this.#pingLater()
  }

  /** No acts of its own any more; what is open is brought to its end. */
  rest(): void {
    const { device } = this
    this.#resting = true
    device.prompt = true
    device.answers.holdBack(false)
    device.link?.setStalled(false)
    device.returnMs = 50
    device.returns = true
    if (device.link === undefined) device.connect({ clean: false })
  }

  /** Stops at once, for good. */
  leave(): void {
    this.#resting = true
    this.device.returns = false
    this.device.drop('abort', 'leaves')
  }

  #actLater(): void {
    const { schedule } = this.device.context
    schedule.after(this.#prng.exponential(this.#scenario.paceMs), () => {
      if (this.#resting) return
      this.#act()
      this.#actLater()
    })
  }

  /** Most devices keep alive as they promised; they ping also when they have nothing else to do. */
  #pingLater(): void {
    const { device } = this
    const { keepAliveSeconds } = device.traits
    const intervalMs = keepAliveSeconds === 0 ? 2_000 : keepAliveSeconds * 400
    device.context.schedule.after(intervalMs, () => {
      if (device.online) device.ping()
      this.#pingLater()
    })
  }

  #act(): void {
    const { device } = this
    if (device.link === undefined) return
    const { unrest } = this.#scenario
    const { impatient, persistent } = device.traits
    if (!device.online) {
      if (impatient && this.#prng.chance(0.02 * unrest)) this.#hurry()
      return
    }
    const act = this.#prng.weighted<Act>([
      [60, 'publish'],
      [device.session.subscriptions.size === 0 ? 30 : 6, 'subscribe'],
      [2, 'unsubscribe'],
      [0.6 * unrest, 'leave'],
      [1 * unrest, 'break'],
      [impatient ? 1.5 * unrest : 0, 'hurry'],
      [persistent ? 1 * unrest : 0, 'hop'],
      [0.5, 'stall'],
      [0.5, 'hold'],
    ])
    this.#do(act)
  }

  #do(act: Act): void {
    const { device } = this
    switch (act) {
      case 'publish':
        return this.#publishSome(this.#prng.chance(0.1) ? 20 : 3)
      case 'subscribe':
        return this.#subscribe()
      case 'unsubscribe':
        return this.#unsubscribe()
      case 'leave':
        device.returnMs = this.#awayMs()
        return device.disconnect(this.#leaveReason())
      case 'break':
        device.returnMs = this.#awayMs()
        return device.drop(
          this.#prng.pick(['close', 'abort', 'abort', 'vanish'] as const),
          'at will',
        )
      case 'hurry':
        return this.#hurry()
      case 'hop':
        device.returnMs = 1
        return device.drop(this.#prng.pick(['abort', 'close', 'vanish'] as const), 'hops')
      case 'stall':
        return this.#stall()
      case 'hold':
        device.answers.holdBack(true)
        return device.context.schedule.after(this.#prng.exponential(3_000), () => {
          if (!this.#resting) device.answers.holdBack(false)
        })
    }
  }

  /** A 5.0 client may ask for its will when it leaves. */
  #leaveReason(): number {
    const v5 = this.device.traits.version === ProtocolVersion.V5
    return v5 && this.#prng.chance(0.3) ? 4 : 0
  }

  #awayMs(): number {
    return this.#prng.weighted([
      [6, 300],
      [2, 2_000],
      [1, 8_000],
    ])
  }

  /** A new connection while the old one is still there. */
  #hurry(): void {
    const { device } = this
    const how = this.#prng.pick(['abort', 'close', 'vanish'] as const)
    device.returnMs = 0.01
    device.note('is impatient')
    device.drop(how, 'impatient')
  }

  #stall(): void {
    const { device } = this
    const { link } = device
    if (link === undefined || this.#stalled) return
    this.#stalled = true
    device.note('does not read for a while')
    link.setStalled(true)
    device.context.schedule.after(this.#prng.exponential(2_000), () => {
      this.#stalled = false
      link.setStalled(false)
    })
  }

  #publishSome(countMax: number): void {
    for (let count = this.#prng.between(1, countMax); count > 0; count--) this.#publish()
  }

  #publish(): void {
    const { device } = this
    const prng = this.#prng
    const { twin } = device.traits
    const qos = this.#qos()
    if (qos > 0 && !device.mayPublish) return
    const kinds: [number, 'plain' | Feature][] = [[10, 'plain']]
    if (this.#has('retained')) kinds.push([2, 'retained'])
    if (this.#has('delayed')) kinds.push([1, 'delayed'])
    const kind = prng.weighted(kinds)
    const common = { publisher: device.name, qos, twin, kind: 'publish' as const, delaySeconds: 0 }
    if (kind === 'retained') {
      const topic = `r/${device.name}/${prng.below(2)}`
      this.#send({ ...common, topic, retain: true }, topic)
    } else if (kind === 'delayed') {
      const topic = `d/${prng.below(2)}`
      const delaySeconds = prng.between(1, 5)
      const delayed = { ...common, kind: 'delayed' as const, topic, retain: false, delaySeconds }
      this.#send(delayed, `$delayed/${delaySeconds}/${topic}`)
    } else {
      const topic = `s/${prng.below(2)}/${prng.below(3)}`
      this.#send({ ...common, topic, retain: false }, topic)
    }
  }

  #send(fields: Parameters<Device['context']['book']['make']>[0], wireTopic: string): SimMessage {
    const message = this.device.context.book.make(fields)
    this.device.publish(message, wireTopic)
    return message
  }

  #qos(): 0 | 1 | 2 {
    const least = this.#has('qos0') ? 0 : 1
    const most = this.device.traits.twin ? 1 : 2
    return this.#prng.between(least, most) as 0 | 1 | 2 // Both ends are.
  }

  #subscribe(): void {
    const { device } = this
    if (!device.mayAsk) return
    const wanted = new Map<string, 0 | 1 | 2>()
    const held = device.session.subscriptions.size
    for (let count = this.#prng.between(1, 3); count > 0; count--) {
      const settled = device.settledFilters
      const again = settled.length > 0 && (held >= FILTERS_MAX || this.#prng.chance(0.3))
      const filter = again ? this.#prng.pick(settled) : this.#newFilter()
      if (device.isBusy(filter)) continue
      const least = this.#has('qos0') && this.#prng.chance(0.3) ? 0 : 1
      wanted.set(filter, this.#prng.between(least, 2) as 0 | 1 | 2) // Both ends are.
    }
    if (wanted.size === 0) return
    device.subscribe([...wanted].map(([filter, qos]) => ({ filter, qos })))
  }

  #newFilter(): string {
    const prng = this.#prng
    const a = prng.below(2)
    const b = prng.below(3)
    const filters: [number, string][] = [[6, `s/${a}/${b}`]]
    if (this.#has('wildcards')) {
      filters.push([3, `s/+/${b}`], [3, `s/${a}/#`], [1, 's/#'], [1, '#'], [1, '+/+/+'])
    }
    if (this.#has('retained')) filters.push([2, 'r/#'], [1, `r/+/${a}`])
    if (this.#has('delayed')) filters.push([2, 'd/#'], [1, `d/${a}`])
    if (this.#has('wills')) filters.push([2, 'w/#'])
    if (this.#has('shared') && !this.device.traits.twin) {
      // Messages of a group that has transient members are lost with them.
      const group = this.device.traits.persistent ? 'p' : 't'
      filters.push([4, `$share/${group}${a}/s/#`], [2, `$share/${group}0/s/${a}/${b}`])
    }
    return prng.weighted(filters)
  }

  #unsubscribe(): void {
    const { device } = this
    const settled = device.settledFilters
    if (settled.length === 0 || !device.mayAsk) return
    device.unsubscribe([this.#prng.pick(settled)])
  }

  #has(feature: Feature): boolean {
    return this.#scenario.features.has(feature)
  }
}
