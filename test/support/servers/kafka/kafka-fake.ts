/**
 * A stand-in for Kafka, which Debian does not have: one server of a cluster, written from the
 * protocol guide. It speaks the last versions before the flexible ones, logs in with SASL, checks
 * the checksum of each batch, keeps topics and offsets over a kill, and leads consumer groups.
 */
import type { Socket } from 'node:net'
import { launchTcp, type LocalServer, type ServerPem } from '../local-server.ts'
import { ScramServer } from '../scram-server.ts'
import { KafkaError, KafkaGroup, type Joined } from './kafka-groups.ts'
import { KafkaReader, KafkaWriter } from './kafka-wire.ts'
import { PartitionLog, type StoredRecord } from './partition-log.ts'

/** The user and password that the server has. */
export const KAFKA_LOGIN = { username: 'tideway', password: 'kafka-Secret-1' } as const

/** Who is let in. */
export interface KafkaFakeLogin {
  readonly username: string
  readonly password: string
}

/** How the server is. */
export interface KafkaFakeOptions {
  /** Topics with their number of partitions. */
  readonly topics: Readonly<Record<string, number>>
  /** Without, whoever comes is let in. */
  readonly login?: KafkaFakeLogin
  /** A larger batch is refused. */
  readonly batchBytesMax?: number
  readonly pem?: ServerPem
}

/** A running stand-in. */
export interface KafkaFake extends Pick<LocalServer, 'port' | 'start' | 'kill' | 'remove'> {
  readonly topics: Map<string, readonly PartitionLog[]>
  readonly groups: ReadonlyMap<string, KafkaGroup>
  /** The acknowledgements that produce requests have asked for. */
  readonly acks: ReadonlySet<number>
  /** All records of a topic, partition by partition. */
  records(topic: string): readonly StoredRecord[]
}

type Answer = (body: KafkaWriter) => void
type Handler = (request: KafkaReader, answer: Answer, session: Session) => void

interface Session {
  readonly socket: Socket
  readonly login: KafkaFakeLogin
  isLoggedIn: boolean
  scram: ScramServer | undefined
  isFirst: boolean
}

const NODE = 0
const API_VERSIONS = 18
const HANDSHAKE = 17
const AUTHENTICATE = 36
const UNSUPPORTED_VERSION = 35
const EARLIEST = -2n
const FETCH_STEP_MS = 5

/** Key and last version of what is answered. Clients take the last one that both have. */
const VERSIONS = {
  Produce: [0, 7],
  Fetch: [1, 11],
  ListOffsets: [2, 2],
  Metadata: [3, 4],
  OffsetCommit: [8, 7],
  OffsetFetch: [9, 5],
  FindCoordinator: [10, 2],
  JoinGroup: [11, 5],
  Heartbeat: [12, 3],
  LeaveGroup: [13, 1],
  SyncGroup: [14, 3],
  SaslHandshake: [HANDSHAKE, 1],
  ApiVersions: [API_VERSIONS, 3],
  InitProducerId: [22, 1],
  SaslAuthenticate: [AUTHENTICATE, 0],
} as const

/** Starts a stand-in on a free port. */
export async function startKafkaFake(options: KafkaFakeOptions): Promise<KafkaFake> {
  const topics = new Map<string, readonly PartitionLog[]>()
  for (const [name, count] of Object.entries(options.topics)) {
    topics.set(
      name,
      Array.from({ length: count }, () => new PartitionLog()),
    )
  }
  const groups = new Map<string, KafkaGroup>()
  const acks = new Set<number>()
  const host = options.pem === undefined ? '127.0.0.1' : 'localhost'
  const state: State = { topics, groups, acks, options, host, port: 0 }
  const handlers = makeHandlers(state)
  const server = await launchTcp((socket, self) => {
    const isLoggedIn = options.login === undefined
    const { login = KAFKA_LOGIN } = options
    const session: Session = { socket, login, isLoggedIn, scram: undefined, isFirst: true }
    readFrames(socket, (frame) => serve(frame, session, handlers, self))
  }, options.pem)
  state.port = server.port
  return Object.assign(server, {
    topics,
    groups,
    acks,
    records: (topic: string) => (topics.get(topic) ?? []).flatMap((log) => log.records()),
  })
}

interface State {
  readonly topics: Map<string, readonly PartitionLog[]>
  readonly groups: Map<string, KafkaGroup>
  readonly acks: Set<number>
  readonly options: KafkaFakeOptions
  readonly host: string
  port: number
}

function readFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const end = 4 + pending.readInt32BE(0)
      const frame = pending.subarray(4, end)
      pending = pending.subarray(end)
      take(frame)
    }
  })
}

/** Request header 1, and 2 of ApiVersions 3, whose rest nobody needs. */
function serve(
  frame: Buffer,
  session: Session,
  handlers: ReadonlyMap<number, Handler>,
  server: LocalServer,
): void {
  const request = new KafkaReader(frame)
  const key = request.int16()
  const version = request.int16()
  const correlation = request.int32()
  request.string() // Client id.
  const send = (body: Buffer): void => {
    const head = new KafkaWriter().int32(body.length + 4).int32(correlation)
    server.answer(() => session.socket.write(Buffer.concat([head.finish(), body])))
  }
  if (key === API_VERSIONS) {
    send(apiVersions(version))
    return
  }
  const isLogin = key === HANDSHAKE || key === AUTHENTICATE
  const handler = handlers.get(key)
  const known = Object.values(VERSIONS).find(([one]) => one === key)
  if (handler === undefined || known?.[1] !== version || (!session.isLoggedIn && !isLogin)) {
    session.socket.destroy()
    return
  }
  handler(request, (body) => send(body.finish()), session)
}

function apiVersions(version: number): Buffer {
  const all = Object.values(VERSIONS)
  if (version > 3) return new KafkaWriter().int16(UNSUPPORTED_VERSION).int32(0).finish()
  const body = new KafkaWriter().int16(KafkaError.NONE)
  // Clients that look for single features by low versions find them; they use the highest.
  if (version < 3) {
    body.array(all, ([key, last], writer) => writer.int16(key).int16(0).int16(last))
    return version === 0 ? body.finish() : body.int32(0).finish()
  }
  body.int8(all.length + 1)
  for (const [key, last] of all) body.int16(key).int16(0).int16(last).int8(0)
  return body.int32(0).int8(0).finish()
}

function makeHandlers(state: State): ReadonlyMap<number, Handler> {
  const named: Record<Exclude<keyof typeof VERSIONS, 'ApiVersions'>, Handler> = {
    ...dataHandlers(state),
    ...groupHandlers(state),
    ...offsetHandlers(state),
    SaslHandshake(request, answer, session) {
      const mechanism = request.string() ?? ''
      const hash = /^SCRAM-SHA-(256|512)$/.exec(mechanism)?.[1]
      session.scram = hash === undefined ? undefined : new ScramServer(`sha${hash}`, session.login)
      const isKnown = hash !== undefined || mechanism === 'PLAIN'
      const code = isKnown ? KafkaError.NONE : KafkaError.UNSUPPORTED_SASL_MECHANISM
      const offered = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
      answer(new KafkaWriter().int16(code).array(offered, (name, writer) => writer.string(name)))
    },
    SaslAuthenticate(request, answer, session) {
      const reply = loginStep(session, request.bytes()?.toString() ?? '')
      const code = reply === undefined ? KafkaError.SASL_AUTHENTICATION_FAILED : KafkaError.NONE
      const text =
        reply === undefined ? 'Authentication failed: Invalid username or password' : null
      const body = new KafkaWriter().int16(code).string(text)
      answer(body.bytes(Buffer.from(reply ?? '')))
      if (reply === undefined) session.socket.end()
    },
  }
  return new Map(
    Object.entries(named).map(([name, handler]) => {
      return [VERSIONS[name as keyof typeof VERSIONS][0], handler] as const
    }),
  )
}

function loginStep(session: Session, text: string): string | undefined {
  const { scram, isFirst, login } = session
  session.isFirst = false
  if (scram === undefined) {
    const { username, password } = login
    session.isLoggedIn = text === `\0${username}\0${password}`
    return session.isLoggedIn ? '' : undefined
  }
  if (isFirst) return scram.first(text)
  const last = scram.final(text)
  session.isLoggedIn = last !== undefined
  return last
}

function dataHandlers(state: State) {
  const { topics, acks, options } = state
  return {
    Metadata(request, answer) {
      const names = request.arrayOrAll((reader) => reader.string() ?? '') ?? [...topics.keys()]
      const body = new KafkaWriter().int32(0)
      body.array([NODE], (node, writer) => {
        writer.int32(node).string(state.host).int32(state.port).string(null)
      })
      body.string('stand-in').int32(NODE)
      answer(
        body.array(names, (name, writer) => {
          const logs = topics.get(name)
          const code = logs ? KafkaError.NONE : KafkaError.UNKNOWN_TOPIC_OR_PARTITION
          writer.int16(code).string(name).int8(0)
          writer.array([...(logs ?? []).keys()], (index) => {
            writer.int16(KafkaError.NONE).int32(index).int32(NODE)
            writer.array([NODE], (node) => writer.int32(node))
            writer.array([NODE], (node) => writer.int32(node))
          })
        }),
      )
    },
    Produce(request, answer) {
      request.string() // Transaction.
      const wanted = request.int16()
      acks.add(wanted)
      request.int32() // Time limit.
      const results = request.array((topic) => {
        const name = topic.string() ?? ''
        return {
          name,
          partitions: topic.array((partition) => {
            const index = partition.int32()
            const records = partition.bytes() ?? Buffer.alloc(0)
            return { index, ...produce(topics.get(name)?.[index], records, options) }
          }),
        }
      })
      if (wanted === 0) return // Nobody waits for an answer.
      const body = new KafkaWriter().array(results, ({ name, partitions }, writer) => {
        writer.string(name).array(partitions, ({ index, code, base }) => {
          writer.int32(index).int16(code).int64(BigInt(base)).int64(-1n).int64(0n)
        })
      })
      answer(body.int32(0))
    },
    Fetch(request, answer, session) {
      fetch(request, topics, answer, session)
    },
    InitProducerId(_, answer) {
      answer(new KafkaWriter().int32(0).int16(KafkaError.NONE).int64(1n).int16(0))
    },
  } satisfies Record<string, Handler>
}

function offsetHandlers({ topics, groups }: State) {
  return {
    ListOffsets(request, answer) {
      request.int32() // Replica.
      request.int8() // Isolation.
      const asked = request.array((topic) => {
        const name = topic.string() ?? ''
        return {
          name,
          partitions: topic.array((one) => ({ index: one.int32(), time: one.int64() })),
        }
      })
      const body = new KafkaWriter().int32(0).array(asked, ({ name, partitions }, writer) => {
        writer.string(name).array(partitions, ({ index, time }) => {
          const log = topics.get(name)?.[index]
          const code = log ? KafkaError.NONE : KafkaError.UNKNOWN_TOPIC_OR_PARTITION
          const offset = time === EARLIEST ? 0 : (log?.end ?? -1)
          writer.int32(index).int16(code).int64(-1n).int64(BigInt(offset))
        })
      })
      answer(body)
    },
    OffsetCommit(request, answer) {
      const group = groupOf(groups, request.string())
      const generation = request.int32()
      const code = group.check(request.string() ?? '', generation)
      request.string() // Name of the member.
      const topics = request.array((topic) => {
        const name = topic.string() ?? ''
        const partitions = topic.array((one) => {
          const index = one.int32()
          const offset = one.int64()
          one.int32() // Leader epoch.
          one.string() // Remarks.
          if (code === KafkaError.NONE) group.offsets.set(`${name}:${index}`, offset)
          return index
        })
        return { name, partitions }
      })
      const body = new KafkaWriter().int32(0).array(topics, ({ name, partitions }, writer) => {
        writer.string(name).array(partitions, (index) => writer.int32(index).int16(code))
      })
      answer(body)
    },
    OffsetFetch(request, answer) {
      const group = groupOf(groups, request.string())
      const topics = request.array((topic) => {
        return { name: topic.string() ?? '', partitions: topic.array((one) => one.int32()) }
      })
      const body = new KafkaWriter().int32(0).array(topics, ({ name, partitions }, writer) => {
        writer.string(name).array(partitions, (index) => {
          const offset = group.offsets.get(`${name}:${index}`) ?? -1n
          writer.int32(index).int64(offset).int32(-1).string(null).int16(KafkaError.NONE)
        })
      })
      answer(body.int16(KafkaError.NONE))
    },
  } satisfies Record<string, Handler>
}

function produce(log: PartitionLog | undefined, records: Buffer, options: KafkaFakeOptions) {
  if (log === undefined) return { code: KafkaError.UNKNOWN_TOPIC_OR_PARTITION, base: -1 }
  if (records.length > (options.batchBytesMax ?? Infinity)) {
    return { code: KafkaError.MESSAGE_TOO_LARGE, base: -1 }
  }
  const base = log.append(records)
  if (base === undefined) return { code: KafkaError.CORRUPT_MESSAGE, base: -1 }
  return { code: KafkaError.NONE, base }
}

/** Waits for messages as long as the client allows. Fetch sessions are not offered. */
function fetch(
  request: KafkaReader,
  topics: ReadonlyMap<string, readonly PartitionLog[]>,
  answer: Answer,
  { socket }: Session,
): void {
  request.int32() // Replica.
  const endsAtMs = performance.now() + request.int32()
  request.int32() // Bytes at least.
  const bytesMax = request.int32()
  request.int8() // Isolation.
  request.int32() // Session.
  request.int32() // Its epoch.
  const asked = request.array((topic) => {
    const name = topic.string() ?? ''
    const partitions = topic.array((one) => {
      const index = one.int32()
      one.int32() // Leader epoch.
      const offset = Number(one.int64())
      one.int64() // Start of the log.
      return { index, offset, bytesMax: Math.min(one.int32(), bytesMax) }
    })
    return { name, partitions }
  })
  const tryAnswer = (): void => {
    if (socket.destroyed) return
    const found = asked.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ index, offset, bytesMax: limit }) => {
        const log = topics.get(name)?.[index]
        return { index, log, records: log?.read(offset, limit) ?? Buffer.alloc(0) }
      }),
    }))
    const isEmpty = found.every((one) => one.partitions.every(({ records }) => !records.length))
    if (isEmpty && performance.now() < endsAtMs) {
      setTimeout(tryAnswer, FETCH_STEP_MS).unref()
      return
    }
    const body = new KafkaWriter().int32(0).int16(KafkaError.NONE).int32(0)
    body.array(found, ({ name, partitions }, writer) => {
      writer.string(name).array(partitions, ({ index, log, records }) => {
        const code = log ? KafkaError.NONE : KafkaError.UNKNOWN_TOPIC_OR_PARTITION
        const end = BigInt(log?.end ?? -1)
        writer.int32(index).int16(code).int64(end).int64(end).int64(0n)
        writer.int32(0).int32(-1).bytes(records)
      })
    })
    answer(body)
  }
  tryAnswer()
}

function groupOf(groups: Map<string, KafkaGroup>, name: string | null): KafkaGroup {
  const group = groups.get(name ?? '') ?? new KafkaGroup()
  groups.set(name ?? '', group)
  return group
}

function groupHandlers(state: State) {
  const { groups } = state
  return {
    FindCoordinator(_, answer) {
      const body = new KafkaWriter().int32(0).int16(KafkaError.NONE).string(null)
      answer(body.int32(NODE).string(state.host).int32(state.port))
    },
    JoinGroup(request, answer) {
      const group = groupOf(groups, request.string())
      request.int32() // Session time limit.
      request.int32() // Rebalance time limit.
      const memberId = request.string() ?? ''
      const instanceId = request.string()
      request.string() // Kind of protocol.
      const protocols = request.array((one) => ({
        name: one.string() ?? '',
        metadata: one.bytes() ?? Buffer.alloc(0),
      }))
      group.join({ memberId, instanceId, protocols }, (joined) => answer(joinedBody(joined)))
    },
    SyncGroup(request, answer) {
      const group = groupOf(groups, request.string())
      const generation = request.int32()
      const memberId = request.string() ?? ''
      request.string() // Name of the member.
      const assignments = new Map(
        request.array((one) => [one.string() ?? '', one.bytes() ?? Buffer.alloc(0)] as const),
      )
      const code = group.check(memberId, generation)
      if (code !== KafkaError.NONE) {
        answer(new KafkaWriter().int32(0).int16(code).bytes(Buffer.alloc(0)))
        return
      }
      group.sync(memberId, assignments, (assignment) => {
        answer(new KafkaWriter().int32(0).int16(KafkaError.NONE).bytes(assignment))
      })
    },
    Heartbeat(request, answer) {
      const group = groupOf(groups, request.string())
      const generation = request.int32()
      answer(new KafkaWriter().int32(0).int16(group.check(request.string() ?? '', generation)))
    },
    LeaveGroup(request, answer) {
      groupOf(groups, request.string()).leave(request.string() ?? '')
      answer(new KafkaWriter().int32(0).int16(KafkaError.NONE))
    },
  } satisfies Record<string, Handler>
}

function joinedBody({ generation, protocol, leader, memberId, members }: Joined): KafkaWriter {
  const body = new KafkaWriter().int32(0).int16(KafkaError.NONE).int32(generation)
  body.string(protocol).string(leader).string(memberId)
  return body.array(members, (member, writer) => {
    const metadata = member.protocols[0]?.metadata ?? Buffer.alloc(0)
    writer.string(member.memberId).string(member.instanceId).bytes(metadata)
  })
}
