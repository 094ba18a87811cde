import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { BrokerProcess, type ProcessOptions } from '../support/broker-process.ts'
import { LoadClient } from '../support/load-client.ts'
import { deviceName, deviceTopic, type FillSize } from './fill-data.ts'

/** What was measured of one start over a lot of data; times in ms from the start of the process. */
export interface RestartFigures {
  /** Until the ports were open. */
  readonly openMs: number
  /** From there: a new client connects; it hears what another one publishes. */
  readonly welcomeMs: number
  readonly roundTripMs: number
  /** From there: a client of before has everything that waited for it. */
  readonly resumedMs: number
  /** Slowest of the round trips in the time after the start. */
  readonly slowestMs: number
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
  const broker = await BrokerProcess.start(options)
  try {
    const openMs = performance.now() - startedMs
    const newcomer = await Newcomer.connect(broker.port())
    const welcomeMs = performance.now() - startedMs - openMs
    await newcomer.roundTrip()
    const roundTripMs = performance.now() - startedMs - openMs - welcomeMs
    let slowestMs = roundTripMs
    for (let count = 0; count < ROUND_TRIPS; count++) {
      slowestMs = Math.max(slowestMs, await newcomer.roundTrip())
    }
    const residentBytes = broker.residentBytes()
    const resumedMs = await slowestResume(broker.port(), size, round)
    return { openMs, welcomeMs, roundTripMs, resumedMs, slowestMs, residentBytes }
  } finally {
    await broker.kill()
  }
}

/** A client that was never here before, with something to do at once. */
class Newcomer {
  readonly #publisher = new LoadClient({ clientId: 'newcomer' })
  readonly #subscriber = new LoadClient({ clientId: 'newcomer-too' })
  #heard = (): void => {}

  static async connect(port: number): Promise<Newcomer> {
    const newcomer = new Newcomer()
    await newcomer.#publisher.connect(port)
    await newcomer.#subscriber.connect(port)
    await newcomer.#subscriber.subscribe('new/+', 1)
    newcomer.#subscriber.onMessage = () => newcomer.#heard()
    return newcomer
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
