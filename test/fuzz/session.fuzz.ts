import type { AckType } from '#codec/mqtt/ack.ts'
import { Prng } from '../simulation/engine/prng.ts'
import type { SettingsPatch } from '../support/world.ts'
import { World } from '../support/world.ts'
import { Bystanders } from './bystanders.ts'
import { checkEmpty, checkNothingStored, letEverythingExpire } from './empty-world.ts'
import { HostileClient } from './hostile-client.ts'
import { PacketMaker } from './packet-maker.ts'

const CLIENTS_MAX = 8
const OUTBOX_BYTES_MAX = 20_000
/** One packet may be added when the limit is not yet reached. */
const OVERSHOOT_BYTES = 64_000
const STEPS = 400
/** Time after which a store that failed once has written everything. */
const HEALED_MS = 1_000

/** What one run of the fuzzer did. */
export interface SessionTally {
  packets: number
  /** Connections that the broker ended. */
  closed: number
  /** Messages between clients who keep the rules. */
  calm: number
}

/**
 * Lets clients that keep no rules loose on a broker of one to three shards, together with some that
 * do. Throws when the broker throws, answers wrongly or not at all, lets others suffer, or still
 * knows of anybody after all have left. The same seed gives the same run.
 */
export function fuzzSession(seed: number, steps = STEPS): SessionTally {
  const run = new SessionRun(seed)
  try {
    return run.execute(steps)
  } catch (error) {
    throw new Error(`session fuzzer, seed ${seed}, step ${run.step}`, { cause: error })
  }
}

class SessionRun {
  step = 0
  readonly #prng: Prng
  readonly #world: World
  readonly #maker: PacketMaker
  readonly #bystanders: Bystanders
  readonly #timersBefore: readonly number[]
  readonly #tally: SessionTally
  #clients: HostileClient[]
  #nextClient: number
  #isHolding: boolean

  constructor(seed: number) {
    this.#prng = new Prng(seed)
    const shards = this.#prng.pick([1, 2, 3])
    this.#world = new World({ shards, settings: narrowSettings(this.#prng) })
    this.#timersBefore = this.#world.shards.map(({ broker }) => broker.core.timers.count)
    this.#maker = new PacketMaker(this.#prng)
    this.#bystanders = new Bystanders(this.#world)
    this.#tally = { packets: 0, closed: 0, calm: 0 }
    this.#clients = []
    this.#nextClient = 1
    this.#isHolding = false
  }

  execute(steps: number): SessionTally {
    for (this.step = 0; this.step < steps; this.step++) {
      if (this.#prng.chance(0.2)) this.#world.together(() => this.#severalTurns())
      else this.#turn()
      this.#world.settle()
      this.#check()
    }
    this.#everybodyLeaves()
    return this.#tally
  }

  #severalTurns(): void {
    for (let count = this.#prng.between(2, 6); count > 0; count--) {
      this.#clientTurn()
      if (this.#prng.chance(0.3)) this.#world.round()
    }
  }

  #turn(): void {
    const prng = this.#prng
    const turn = prng.below(20)
    if (turn === 0) this.#world.pass(prng.pick([100, 1_000, 6_000, 16_000]))
    else if (turn === 1) this.#toggleCommits()
    else if (turn === 4 && !this.#isHolding) this.#failCommit()
    else if (turn < 4 && !this.#isHolding) {
      this.#bystanders.exchange(prng)
      this.#tally.calm++
    } else this.#clientTurn()
  }

  /** The disk refuses what clients just sent, and takes it a little later. */
  #failCommit(): void {
    this.#world.failNextCommit(this.#prng.pick(['full', 'io']))
    this.#world.together(() => this.#severalTurns())
    for (const store of this.#world.stores) store.forgetFailures()
    this.#world.pass(HEALED_MS)
  }

  #toggleCommits(): void {
    if (this.#isHolding) this.#world.finishCommits()
    else this.#world.holdCommits()
    this.#isHolding = !this.#isHolding
  }

  #clientTurn(): void {
    const prng = this.#prng
    const { length } = this.#clients
    if (length === 0 || (length < CLIENTS_MAX && prng.chance(0.1))) this.#open()
    const client = prng.pick(this.#clients)
    if (client.isGone) return this.#remove(client)
    this.#tally.packets++
    if (client.tail !== undefined && prng.chance(0.7)) {
      const { tail } = client
      client.tail = undefined
      client.sendBytes(tail)
    } else if (client.isIdle) this.#introduce(client)
    else this.#pester(client)
  }

  #open(): void {
    const client = new HostileClient(this.#nextClient++, OUTBOX_BYTES_MAX + OVERSHOOT_BYTES)
    const shard = this.#prng.pick(this.#world.shards)
    client.attach(shard.accept(client, { id: 'tcp:default', mountpoint: '' }))
    this.#clients.push(client)
  }

  #remove(client: HostileClient): void {
    this.#tally.closed++
    this.#clients = this.#clients.filter((other) => other !== client)
  }

  #introduce(client: HostileClient): void {
    const prng = this.#prng
    const version = this.#maker.version()
    const packet = this.#maker.connect(version)
    const bytes = this.#maker.encode(version, packet)
    const turn = prng.below(12)
    if (turn === 0) client.sendBytes(this.#maker.damage(bytes))
    else if (turn === 1) client.sendBytes(this.#maker.golden())
    else if (turn === 2) client.sendBytes(this.#maker.noise())
    else if (turn === 3) this.#cut(client, bytes)
    else if (turn === 4) client.drop()
    else {
      client.sendPacket(packet, bytes)
      // Whoever sends on without waiting for CONNACK.
      if (prng.chance(0.3)) client.sendBytes(this.#request(client))
    }
  }

  #pester(client: HostileClient): void {
    const prng = this.#prng
    const maker = this.#maker
    const turn = prng.below(40)
    if (turn === 0) client.sendBytes(maker.noise())
    else if (turn === 1) client.sendBytes(maker.golden())
    else if (turn === 2) client.sendBytes(maker.damage(this.#request(client)))
    else if (turn === 3) client.drop()
    else if (turn === 4) this.#cut(client, this.#request(client))
    else if (turn === 5) client.stalled = true
    else if (turn < 8) client.readAgain()
    else if (turn < 20 && client.toAnswer.length > 0) this.#answer(client)
    else if (turn < 24) {
      client.sendBytes(Buffer.concat([this.#request(client), this.#request(client)]))
    } else {
      const packet = maker.request(client.version)
      client.sendPacket(packet, maker.encode(client.version, packet))
    }
  }

  #request(client: HostileClient): Buffer {
    return this.#maker.encode(client.version, this.#maker.request(client.version))
  }

  #cut(client: HostileClient, bytes: Buffer): void {
    const at = this.#prng.between(1, bytes.length - 1)
    client.tail = bytes.subarray(at)
    client.sendBytes(bytes.subarray(0, at))
  }

  /** As a client should. */
  #answer(client: HostileClient): void {
    const answer = client.toAnswer.shift()
    if (answer === undefined) return
    // `toAnswer` holds nothing else.
    const type = answer.type as AckType
    const packet = { type, packetId: answer.packetId, reason: 0, properties: {} }
    client.sendPacket(packet, this.#maker.encode(client.version, packet))
  }

  #check(): void {
    this.#bystanders.checkUnharmed()
    if (!this.#isHolding) for (const client of this.#clients) client.checkAnswered()
  }

  #everybodyLeaves(): void {
    const world = this.#world
    if (this.#isHolding) this.#toggleCommits()
    for (const client of this.#clients) {
      if (client.stalled) client.readAgain()
      world.settle()
    }
    this.#check()
    for (const client of this.#clients) {
      client.drop()
      if (this.#prng.chance(0.5)) world.settle()
    }
    world.settle()
    this.#bystanders.leave()
    letEverythingExpire(world)
    checkEmpty(world, this.#timersBefore)
    world.restart()
    checkNothingStored(world)
  }
}

/** Limits that are soon reached. */
function narrowSettings(prng: Prng): SettingsPatch {
  return {
    mqtt: {
      packetBytesMax: prng.pick([300, 2_048, 1_048_576]),
      clientIdBytesMax: 30,
      topicLevelsMax: 16,
      topicAliasMax: prng.pick([0, 8]),
      exclusiveSubscription: true,
      sessionExpiryMs: 600_000,
      sessionExpiryMaxMs: 600_000,
      messageExpiryMs: 600_000,
      awaitingRelMax: 4,
      awaitRelTimeoutMs: prng.pick([5_000, Number.POSITIVE_INFINITY]),
      subscriptionsMax: 10,
      inflightMax: prng.pick([1, 4, 32]),
      queueMessagesMax: 60,
      queueBytesMax: 40_000,
      queueDropPolicy: prng.pick(['drop_oldest', 'drop_newest']),
      queueStoreQos0: prng.chance(0.5),
      retryIntervalMs: prng.pick([2_000, Number.POSITIVE_INFINITY]),
      upgradeQos: prng.chance(0.2),
      ignoreLoopDeliver: prng.chance(0.2),
      userPropertiesMax: 4,
      outboxBytesHigh: 2_000,
      outboxBytesMax: OUTBOX_BYTES_MAX,
      pendingAcksMax: prng.pick([4, 1_000]),
    },
    shared: {
      strategy: prng.pick(['random', 'round_robin', 'sticky', 'local', 'hash_topic']),
      initialStickyPick: 'random',
    },
    retainer: { messageExpiryMs: 600_000, clearIntervalMs: 60_000, messagesMax: 20 },
    delayed: { messagesMax: 10 },
    sys: { clientSubscribed: true, clientUnsubscribed: true },
  }
}
