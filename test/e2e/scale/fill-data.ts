import { ByteWriter } from '#kernel/byte-writer.ts'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import { METRICS_BYTES, Metrics } from '#broker/metrics.ts'
import type { Fabric, Wire } from '#broker/ports.ts'
import { type Connection, ConnectionState } from '#broker/session/connection.ts'
import { Shard } from '#broker/shard/shard.ts'
import { encodeConnect } from '#codec/mqtt/connect.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { encodePublish, publishFirstByte } from '#codec/mqtt/publish.ts'
import { encodeSubscribe } from '#codec/mqtt/subscribe.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { systemRandom } from '#kernel/system/system-random.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import { prepareStorage } from '#storage/lmdb/prepare-storage.ts'
import { OpenAccess } from '../../support/world.ts'

/** How much there is after a fill. */
export interface FillSize {
  readonly sessions: number
  /** Messages in the queue of each; half of them share their body with other sessions. */
  readonly messagesEach: number
}

const { V311, V5 } = ProtocolVersion
/** Sessions that have a filter in common. */
export const SITE_SESSIONS = 100
const PAYLOAD = Buffer.alloc(100, 'x')
const NO_BYTES = Buffer.alloc(0)
const SESSION_EXPIRY_SECONDS = 86_400
/** Clients that are served between two commits. */
const TICK_CLIENTS = 500
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** Name of a session of the fill. */
export function deviceName(index: number): string {
  return `device-${index}`
}

/** Topic that only this session has a filter for. */
export function deviceTopic(index: number): string {
  return `device/${index}/command`
}

/**
 * Fills a data directory with sessions that are away and have messages waiting, by the broker's
 * own code in this process: every session has a filter of its own and one in common with others.
 */
export async function fillData(dataDir: string, size: FillSize): Promise<void> {
  const filler = await Filler.open(dataDir)
  await filler.makeSessions(size.sessions)
  await filler.publish(size)
  await filler.close()
}

class Filler {
  readonly #shard: Shard
  readonly #store: LmdbStore
  readonly #closeStorage: () => Promise<void>
  readonly #writer = new ByteWriter(1024)

  private constructor(shard: Shard, store: LmdbStore, closeStorage: () => Promise<void>) {
    this.#shard = shard
    this.#store = store
    this.#closeStorage = closeStorage
  }

  static async open(dataDir: string): Promise<Filler> {
    const storage = await prepareStorage({
      dataDir,
      durability: 'batch',
      bytesMax: Infinity,
      log: SILENT,
    })
    const store = new LmdbStore(storage.ticket, {
      log: SILENT,
      clock: systemClock,
      pendingBytesMax: Infinity,
    })
    const ports = {
      clock: systemClock,
      random: systemRandom,
      log: SILENT,
      store,
      access: new OpenAccess(),
      fabric: alone(),
      metrics: new Metrics(new ArrayBuffer(METRICS_BYTES)),
      requestTick() {},
      run: 1,
    }
    const shard = new Shard(ports, DEFAULT_SETTINGS)
    await new Promise<void>((resolve) => shard.start(resolve))
    return new Filler(shard, store, () => storage.close())
  }

  async makeSessions(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const connection = this.#connect(deviceName(index), V5)
      const filters = [deviceTopic(index), `site/${Math.floor(index / SITE_SESSIONS)}/#`]
      this.#send(connection, (w) => {
        encodeSubscribe(w, V5, {
          packetId: 1,
          userProperties: [],
          filters: filters.map((filter) => ({
            filter,
            qos: 1,
            noLocal: false,
            retainAsPublished: false,
            retainHandling: 0,
          })),
        })
      })
      connection.ended()
      if (index % TICK_CLIENTS === TICK_CLIENTS - 1) await this.#endTick()
    }
    await this.#endTick()
  }

  async publish({ sessions, messagesEach }: FillSize): Promise<void> {
    // Not 5.0, whose receive maximum is smaller than what goes into one commit here.
    const connection = this.#connect('filler', V311)
    const shared = Math.floor(messagesEach / 2)
    for (let site = 0; site * SITE_SESSIONS < sessions; site++) {
      for (let count = 0; count < shared; count++) this.#publishTo(connection, `site/${site}/news`)
      for (let index = 0; index < SITE_SESSIONS; index++) {
        const topic = deviceTopic(site * SITE_SESSIONS + index)
        for (let count = shared; count < messagesEach; count++) this.#publishTo(connection, topic)
      }
      if (site % 10 === 9) await this.#endTick()
    }
    await this.#endTick()
    if (connection.state !== ConnectionState.CONNECTED) throw new Error('the filler was refused')
    connection.ended()
  }

  async close(): Promise<void> {
    await this.#endTick()
    await this.#store.close()
    await this.#closeStorage()
  }

  #connect(clientId: string, version: ProtocolVersion): Connection {
    const connection = this.#shard.accept(blackHole(), { id: 'tcp:default', mountpoint: '' })
    this.#send(connection, (w) => {
      encodeConnect(w, {
        protocolName: 'MQTT',
        version,
        bridge: false,
        cleanStart: true,
        keepAliveSeconds: 0,
        clientId,
        properties: version === V5 ? { sessionExpiryIntervalSeconds: SESSION_EXPIRY_SECONDS } : {},
      })
    })
    return connection
  }

  #publishTo(connection: Connection, topic: string): void {
    this.#send(connection, (w) => {
      const first = publishFirstByte(1, false, false)
      const bytes = Buffer.from(topic)
      encodePublish(w, V311, first, bytes, 1, NO_BYTES, -1, 0, undefined, PAYLOAD)
    })
  }

  #send(connection: Connection, write: (w: ByteWriter) => void): void {
    this.#writer.offset = 0
    write(this.#writer)
    connection.receive(this.#writer.bytes.subarray(0, this.#writer.offset))
  }

  #endTick(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#store.barrier((failure) => {
        if (failure === undefined) resolve()
        else reject(new Error(failure.message))
      })
      this.#shard.endOfTick()
    })
  }
}

function alone(): Fabric {
  return {
    shard: 0,
    shardCount: 1,
    writer() {
      throw new Error('there are no other shards')
    },
    send() {},
    flush() {},
    inFlightBytes: () => 0,
  }
}

/** A connection whose other end throws everything away. */
function blackHole(): Wire {
  return {
    info: {
      listener: 'tcp:default',
      transport: 'tcp',
      peerHost: '127.0.0.1',
      peerPort: 1,
      localPort: 1,
    },
    bufferedBytes: 0,
    write: () => true,
    holdReceived: () => undefined,
    pause() {},
    resume() {},
    end() {},
    destroy() {},
  }
}
