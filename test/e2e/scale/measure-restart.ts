import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { BrokerProcess, type ProcessOptions } from '../support/broker-process.ts'
import { LoadClient, type Welcome } from '../support/load-client.ts'
import { deviceName, deviceTopic, type FillSize } from './fill-data.ts'

/** What was measured of one start over a lot of data; times in ms from the start of the process. */
export interface RestartFigures {
  /** Until a new client could connect, and until it had its CONNACK. */
  readonly openMs: number
  readonly welcomeMs: number
  /** From there: it hears what another one publishes; the slowest of the following messages. */
  readonly roundTripMs: number
  readonly slowestMs: number
  /** Slowest of the clients of before: until it had everything that waited for it. */
  readonly resumedMs: number
  /** The new client had connected before all sessions were loaded. */
  readonly cameWhileLoading: boolean
  readonly residentBytes: number
}

const RESUMED_EVERY = 997
const ROUND_TRIPS = 200
const SESSION_LIMIT_MS = 30_000

/**
 * Starts the broker over filled data and takes the times until clients are served.
 * @param round 0 for the first measurement over the data, then 1 and so on: sessions that came
 *   back have no messages waiting any more
 */
export async function measureRestart(
  options: ProcessOptions,
  size: FillSize,
  round: number,
): Promise<RestartFigures> {
  const startedMs = performance.now()
  const broker = BrokerProcess.spawn(options)
  try {
    await broker.portsOpen()
    const newcomer = new Newcomer(broker.port())
    await newcomer.connected()
    const openMs = performance.now() - startedMs
    const cameWhileLoading = !broker.isRunning
    await newcomer.welcome()
    const welcomeMs = performance.now() - startedMs
    await broker.ready()
    await newcomer.subscribe()
    const roundTripMs = await newcomer.roundTrip()
    let slowestMs = roundTripMs
    for (let count = 0; count < ROUND_TRIPS; count++) {
      slowestMs = Math.max(slowestMs, await newcomer.roundTrip())
    }
    const residentBytes = broker.residentBytes()
    const resumedMs = await slowestResume(broker.port(), size, round)
    const times = { openMs, welcomeMs, roundTripMs, resumedMs, slowestMs }
    return { ...times, cameWhileLoading, residentBytes }
  } finally {
    await broker.kill()
  }
}

/** Clients that were never here before, with something to do at once. */
class Newcomer {
  readonly #publisher = new LoadClient({ clientId: 'newcomer' })
  readonly #subscriber = new LoadClient({ clientId: 'newcomer-too' })
  readonly #port: number
  readonly #welcome: Promise<Welcome>
  #heard = (): void => {}

  constructor(port: number) {
    this.#port = port
    this.#welcome = this.#publisher.connect(port)
  }

  /** Waits for the network connection. */
  connected(): Promise<void> {
    return this.#publisher.opened()
  }

  /** Waits for CONNACK. */
  async welcome(): Promise<void> {
    await this.#welcome
  }

  async subscribe(): Promise<void> {
    await this.#subscriber.connect(this.#port)
    await this.#subscriber.subscribe('new/+', 1)
    this.#subscriber.onMessage = () => this.#heard()
  }

  /** Publishes and waits until it is heard; in ms. */
  async roundTrip(): Promise<number> {
    const startedMs = performance.now()
    await new Promise<void>((resolve) => {
      this.#heard = resolve
      this.#publisher.publish('new/topic', Buffer.from('hello'), 1)
    })
    return performance.now() - startedMs
  }
}

/** Some of the sessions come back, one after the other; each has to get what waited, and more. */
async function slowestResume(port: number, size: FillSize, round: number): Promise<number> {
  let slowestMs = 0
  const publisher = new LoadClient({ clientId: 'publisher-after' })
  await publisher.connect(port)
  for (let index = round; index < size.sessions; index += RESUMED_EVERY) {
    const startedMs = performance.now()
    const version = ProtocolVersion.V5
    const device = new LoadClient({ clientId: deviceName(index), version, clean: false })
    await new Promise<void>((resolve, reject) => {
      const fail = (what: string): void => {
        clearTimeout(timer)
        reject(new Error(`${deviceName(index)} ${what}`))
      }
      const timer = setTimeout(() => fail('did not get everything'), SESSION_LIMIT_MS)
      let missing = size.messagesEach + 1
      device.onMessage = () => {
        if (--missing > 0) return
        clearTimeout(timer)
        resolve()
      }
      device.connect(port).then(({ sessionPresent }) => {
        if (!sessionPresent) fail('has no session')
        publisher.publish(deviceTopic(index), Buffer.from('one more'), 1)
      }, reject)
    })
    slowestMs = Math.max(slowestMs, performance.now() - startedMs)
    device.drop()
  }
  publisher.drop()
  return slowestMs
}
