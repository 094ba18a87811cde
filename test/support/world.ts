import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import type { BrokerSettings, ListenerSettings } from '#broker/limits.ts'
import { METRICS_BYTES, Metrics } from '#broker/metrics.ts'
import { Access } from '#broker/ports.ts'
import type {
  AccessControl,
  ControlMessage,
  Fabric,
  Log,
  Random,
  StoreFailure,
} from '#broker/ports.ts'
import { Shard } from '#broker/shard/shard.ts'
import { TableTotals } from '#broker/table-totals.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import type { MemoryStore } from '#storage/memory/memory-store.ts'
import { TestClient } from './test-client.ts'
import type { ConnectOptions } from './test-client.ts'

type Item = Buffer | ControlMessage
export type SettingsPatch = {
  readonly [Key in keyof BrokerSettings]?: Partial<BrokerSettings[Key]> | BrokerSettings[Key]
}

const BLOB_BYTES = 4_096
const START_MS = 1_700_000_000_000
/** Rounds after which a world that does not come to rest is a bug. */
const ROUNDS_MAX = 100_000

/** Fabric between shards of one thread: batches wait in order until the world delivers them. */
class WorldFabric implements Fabric {
  readonly shard: number
  readonly shardCount: number
  readonly outgoing: Item[][][]
  readonly #open: Item[][]
  readonly #writers: ByteWriter[]

  constructor(shard: number, shardCount: number) {
    this.shard = shard
    this.shardCount = shardCount
    this.outgoing = Array.from({ length: shardCount }, () => [])
    this.#open = Array.from({ length: shardCount }, () => [])
    this.#writers = Array.from({ length: shardCount }, () => new ByteWriter(BLOB_BYTES))
  }

  writer(shard: number): ByteWriter {
    return this.#writers[shard]!
  }

  send(shard: number, message: ControlMessage): void {
    this.#closeBlob(shard)
    this.#open[shard]!.push(structuredClone(message))
  }

  flush(): void {
    for (let shard = 0; shard < this.shardCount; shard++) {
      this.#closeBlob(shard)
      const items = this.#open[shard]!
      if (items.length === 0) continue
      this.outgoing[shard]!.push(items)
      this.#open[shard] = []
    }
  }

  inFlightBytes(shard: number): number {
    let bytes = 0
    for (const batch of this.outgoing[shard]!) {
      for (const item of batch) if (Buffer.isBuffer(item)) bytes += item.length
    }
    return bytes
  }

  #closeBlob(shard: number): void {
    const writer = this.#writers[shard]!
    if (writer.offset === 0) return
    this.#open[shard]!.push(Buffer.from(writer.bytes.subarray(0, writer.offset)))
    writer.offset = 0
  }
}

const METHOD_UNKNOWN = {
  allowed: false,
  reason: ReasonCode.BAD_AUTHENTICATION_METHOD,
  reasonString: 'unknown',
} as const

/** Access that lets everyone in; tests replace single decisions. */
export class OpenAccess implements AccessControl {
  authenticate: AccessControl['authenticate'] = ({ method }, done) => {
    if (method === undefined) done({ allowed: true, isSuperuser: false })
    else done(METHOD_UNKNOWN)
  }
  recallPublish: AccessControl['recallPublish'] = () => Access.PENDING
  authorizePublish: AccessControl['authorizePublish'] = () => Access.ALLOW
  authorizeSubscribe: AccessControl['authorizeSubscribe'] = () => Access.ALLOW
  admit: AccessControl['admit'] = () => undefined
  left: AccessControl['left'] = () => {}
  siblingSent: AccessControl['siblingSent'] = () => {}
}

/** One entry of the log. */
export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: Record<string, unknown>
}

export interface WorldOptions {
  readonly shards?: number
  readonly settings?: SettingsPatch
}

/**
 * A whole broker of one or several shards in one thread, with a clock that tests move and a disk
 * in memory. Everything happens inside the calls: when they return, all consequences have.
 */
export class World {
  readonly shardCount: number
  readonly settings: BrokerSettings
  readonly access: OpenAccess
  readonly logLines: LogLine[]
  readonly disk: MemoryDisk
  nowMs: number
  shards: Shard[]
  stores: MemoryStore[]
  metrics: Metrics[]
  #fabrics: WorldFabric[]
  #ticks: boolean[]
  #run: number
  #randomState: number
  #nextShard: number
  #nextClient: number
  #later: Array<() => void>
  #together: boolean
  /** Ways between shards on which nothing arrives, as `from>to`. */
  readonly #heldLinks: Set<string>

  constructor(options: WorldOptions = {}) {
    this.shardCount = options.shards ?? 1
    this.settings = patched(options.settings ?? {})
    this.access = new OpenAccess()
    this.logLines = []
    this.disk = new MemoryDisk()
    this.nowMs = START_MS
    this.shards = []
    this.stores = []
    this.metrics = []
    this.#fabrics = []
    this.#ticks = []
    this.#run = 0
    this.#randomState = 12_345
    this.#nextShard = 0
    this.#nextClient = 0
    this.#later = []
    this.#together = false
    this.#heldLinks = new Set()
    this.#boot()
  }

  /** Runs until nothing is left to do at this point in time. */
  settle(): void {
    if (this.#together) return
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (!this.#step()) return
    }
    throw new Error('the world does not come to rest')
  }

  /**
   * Has what several clients do arrive at the same time: the broker comes to rest only after all
   * of it. Inside, nothing crosses shards or is written but by `round`.
   */
  together(actions: () => void): void {
    this.#together = true
    try {
      actions()
    } finally {
      this.#together = false
    }
    this.settle()
  }

  /** One round of work, for tests that act in the middle of something; false when at rest. */
  round(): boolean {
    return this.#step()
  }

  /** Has something done in the next round of `settle`. */
  later(action: () => void): void {
    this.#later.push(action)
  }

  /** Lets time pass in steps of 100 ms. */
  pass(durationMs: number): void {
    const end = this.nowMs + durationMs
    while (this.nowMs < end) {
      this.nowMs = Math.min(end, this.nowMs + 100)
      for (const shard of this.shards) shard.advance()
      this.settle()
    }
  }

  /** A client with an open network connection; CONNECT is not sent. */
  dial(options: ConnectOptions = {}): TestClient {
    const shard = options.shard ?? this.#nextShard++ % this.shardCount
    const listener: ListenerSettings = { id: 'tcp:default', mountpoint: options.mountpoint ?? '' }
    const clientId = options.clientId ?? `client-${this.#nextClient++}`
    const client = new TestClient(this, { ...options, clientId })
    client.attach(this.shards[shard]!.accept(client.wire, listener))
    return client
  }

  /** A connected client; fails the test when the broker refuses it. */
  connect(options: ConnectOptions = {}): TestClient {
    const client = this.dial(options)
    client.connect()
    return client
  }

  /**
   * Ends the process without warning and starts it again over the durable content; also in the
   * middle of `together`.
   */
  crash(): void {
    this.#together = false
    this.disk.crash()
    this.#boot()
  }

  /** Stops in order and starts again. */
  restart(): void {
    for (const shard of this.shards) shard.stop(() => {})
    this.settle()
    this.#boot()
  }

  /** Makes the next commit of every shard fail. */
  failNextCommit(kind: StoreFailure['kind']): void {
    for (const store of this.stores) store.failNext(kind)
  }

  /** Lets commits begin but not end until `finishCommits`. */
  holdCommits(): void {
    for (const store of this.stores) store.setAutomatic(false)
  }

  finishCommits(): void {
    for (const store of this.stores) store.setAutomatic(true)
    this.settle()
  }

  /** Lets nothing that one shard sends to another arrive until `releaseLinks`. */
  holdLink(from: number, to: number): void {
    this.#heldLinks.add(`${from}>${to}`)
  }

  releaseLinks(): void {
    this.#heldLinks.clear()
    this.settle()
  }

  /** Sum of a counter over the shards. */
  metric(index: number): number {
    return this.metrics.reduce((sum, metrics) => sum + metrics.get(index), 0)
  }

  #boot(): void {
    const { shardCount } = this
    this.#run++
    const totals = (): ArrayBufferLike => new SharedArrayBuffer(TableTotals.memoryBytes(shardCount))
    const sharedTotals = { retained: totals(), delayed: totals() }
    this.#fabrics = []
    this.#ticks = Array.from({ length: shardCount }, () => false)
    this.stores = []
    this.metrics = []
    for (let shard = 0; shard < shardCount; shard++) {
      this.#fabrics.push(new WorldFabric(shard, shardCount))
      this.stores.push(this.disk.open({ automatic: true }))
      this.metrics.push(new Metrics(new ArrayBuffer(METRICS_BYTES)))
    }
    this.shards = this.#fabrics.map((fabric, index) => {
      const ports = {
        clock: { nowMs: () => this.nowMs, monotonicMs: () => this.nowMs },
        random: this.#random(),
        log: this.#log(),
        store: this.stores[index]!,
        access: this.access,
        fabric,
        metrics: this.metrics[index]!,
        requestTick: () => {
          this.#ticks[index] = true
        },
        run: this.#run,
        sharedTotals,
      }
      return new Shard(ports, this.settings)
    })
    let started = 0
    for (const shard of this.shards) shard.start(() => started++)
    this.settle()
    if (started !== shardCount) throw new Error(`${started} of ${shardCount} shards started`)
  }

  #step(): boolean {
    const later = this.#later
    this.#later = []
    for (const action of later) action()
    let worked = later.length > 0
    for (let index = 0; index < this.shardCount; index++) {
      if (!this.#ticks[index]) continue
      this.#ticks[index] = false
      this.shards[index]!.endOfTick()
      worked = true
    }
    for (const fabric of this.#fabrics) {
      for (let to = 0; to < this.shardCount; to++) {
        if (this.#heldLinks.has(`${fabric.shard}>${to}`)) continue
        const batch = fabric.outgoing[to]!.shift()
        if (batch === undefined) continue
        this.shards[to]!.receiveBatch(fabric.shard, batch)
        worked = true
      }
    }
    return worked
  }

  #random(): Random {
    const next = (): number => {
      this.#randomState = (Math.imul(this.#randomState, 1_103_515_245) + 12_345) & 0x7fffffff
      return this.#randomState / 0x80000000
    }
    return {
      next,
      hexId: (bytes) =>
        Array.from({ length: bytes * 2 }, () => Math.floor(next() * 16).toString(16)).join(''),
    }
  }

  #log(): Log {
    const at =
      (level: string) =>
      (message: string, fields: Record<string, unknown> = {}): void => {
        this.logLines.push({ level, message, fields })
      }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}

function patched(patch: SettingsPatch): BrokerSettings {
  const merged: Record<string, unknown> = { ...DEFAULT_SETTINGS }
  for (const [key, value] of Object.entries(patch)) {
    const before = merged[key]
    const plain = typeof before === 'object' && !Array.isArray(before) && !(before instanceof Map)
    merged[key] = plain ? { ...before, ...(value as object) } : value
  }
  return merged as unknown as BrokerSettings
}
