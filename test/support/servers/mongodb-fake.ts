/**
 * A stand-in for MongoDB, which Debian does not have. It speaks the wire protocol (OP_MSG, and
 * OP_QUERY for the first hello), logs in with SCRAM-SHA-256 (RFC 7677), finds documents whose
 * fields equal those of the filter, and inserts documents.
 */
import { BSON, type Document } from 'mongodb'
import type { Socket } from 'node:net'
import { launchTcp, type LocalServer, type ServerPem } from './local-server.ts'
import { ScramServer } from './scram-server.ts'

/** The user and password that the server has. */
export const MONGODB_LOGIN = { username: 'tideway', password: 'mongo-Secret-1' } as const

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER_BYTES = 16
const UNAUTHORIZED = 13
const AUTHENTICATION_FAILED = 18
const NO_SUCH_COMMAND = 59
const DUPLICATE_KEY = 11_000
/** Flag of OP_MSG: nobody waits for an answer. */
const MORE_TO_COME = 2

/** Documents by collection; a test changes them as it likes. */
export type FakeCollections = Map<string, Document[]>

/** A running stand-in. */
export interface MongodbFake {
  readonly server: LocalServer
  readonly collections: FakeCollections
  /** What a `find` or `insert` answers instead, until it is undefined again. */
  answer: Document | undefined
  /** What the next `insert` answers when it is done, instead of what is so. */
  answerAfter: Document | undefined
}

/** What the server says that it is. */
export type MongodbFakeKind = 'single' | 'rs' | 'sharded'

/** Name of the replica set of kind `rs`. */
export const REPLICA_SET = 'rs0'

interface Login {
  isDone: boolean
  scram: ScramServer
}

/** Starts a stand-in on a free port. */
export async function startMongodbFake(
  pem?: ServerPem,
  kind: MongodbFakeKind = 'single',
): Promise<MongodbFake> {
  const collections: FakeCollections = new Map()
  const state: FakeState = { answer: undefined, answerAfter: undefined }
  const connected = (socket: Socket, server: LocalServer) => {
    const login: Login = { isDone: false, scram: new ScramServer('sha256', MONGODB_LOGIN) }
    const self = selfOf(kind, `${server.host}:${server.port}`)
    readMessages(socket, (message) => {
      const answer = run(message.command, { login, self, collections, state })
      if (message.isSilent) return
      server.answer(() => socket.write(encodeReply(message, answer)))
    })
  }
  const server = await launchTcp(connected, pem)
  return Object.assign(state, { server, collections })
}

function selfOf(kind: MongodbFakeKind, address: string): Document {
  if (kind === 'sharded') return { msg: 'isdbgrid' }
  if (kind === 'single') return {}
  const set = { setName: REPLICA_SET, setVersion: 1, hosts: [address], primary: address }
  return { ...set, me: address, secondary: false }
}

interface Message {
  readonly requestId: number
  readonly opcode: number
  readonly command: Document
  readonly isSilent: boolean
}

function readMessages(socket: Socket, take: (message: Message) => void): void {
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
      const bytes = pending.subarray(0, pending.readInt32LE(0))
      pending = pending.subarray(bytes.length)
      take(decodeMessage(bytes))
    }
  })
}

function decodeMessage(bytes: Buffer): Message {
  const requestId = bytes.readInt32LE(4)
  const opcode = bytes.readInt32LE(12)
  if (opcode === OP_QUERY) {
    const afterName = bytes.indexOf(0, HEADER_BYTES + 4) + 1
    const command = BSON.deserialize(bytes.subarray(afterName + 8))
    return { requestId, opcode, command, isSilent: false }
  }
  const isSilent = (bytes.readUInt32LE(HEADER_BYTES) & MORE_TO_COME) !== 0
  return { requestId, opcode, command: decodeSections(bytes.subarray(HEADER_BYTES + 4)), isSilent }
}

/** A section of kind 0 is the command, one of kind 1 a list of documents that belongs to it. */
function decodeSections(bytes: Buffer): Document {
  let command: Document = {}
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readInt32LE(at + 1)
    const section = bytes.subarray(at + 1, at + 1 + size)
    if (bytes[at] === 0) command = { ...BSON.deserialize(section), ...command }
    else {
      const nameEnd = section.indexOf(0, 4)
      const documents: Document[] = []
      for (let from = nameEnd + 1; from < section.length;) {
        const end = from + section.readInt32LE(from)
        documents.push(BSON.deserialize(section.subarray(from, end)))
        from = end
      }
      command = { ...command, [section.toString('utf8', 4, nameEnd)]: documents }
    }
    at += 1 + size
  }
  return command
}

function encodeReply({ requestId, opcode }: Message, answer: Document): Buffer {
  const body = Buffer.from(BSON.serialize(answer))
  const isQuery = opcode === OP_QUERY
  const front = Buffer.alloc(HEADER_BYTES + (isQuery ? 20 : 5))
  front.writeInt32LE(front.length + body.length, 0)
  front.writeInt32LE(1, 4)
  front.writeInt32LE(requestId, 8)
  front.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12)
  if (isQuery) front.writeInt32LE(1, HEADER_BYTES + 16) // Documents in the reply.
  return Buffer.concat([front, body])
}

type FakeState = Pick<MongodbFake, 'answer' | 'answerAfter'>

/** What a connection knows when a command comes. */
interface Place {
  readonly login: Login
  readonly self: Document
  readonly collections: FakeCollections
  readonly state: FakeState
}

function run(command: Document, { login, self, collections, state }: Place): Document {
  const name = Object.keys(command)[0]?.toLowerCase()
  if (name === 'hello' || name === 'ismaster') return helloAnswer(command, login, self)
  if (name === 'saslstart' || name === 'saslcontinue') return loginStep(command, login)
  if (name === 'endsessions') return { ok: 1 }
  if (!login.isDone) return failure(UNAUTHORIZED, 'command requires authentication')
  if (name === 'ping') return { ok: 1 }
  if (name !== 'find' && name !== 'insert') {
    return failure(NO_SUCH_COMMAND, `no such command: ${name}`)
  }
  if (state.answer !== undefined) return state.answer
  if (name === 'insert') {
    const answer = insert(command, collections)
    const instead = state.answerAfter
    state.answerAfter = undefined
    return instead ?? answer
  }
  const documents = collections.get(String(command['find'])) ?? []
  const filter = Object.entries(command['filter'] as Document)
  const matching = documents.filter((one) => filter.every(([key, value]) => one[key] === value))
  const firstBatch = matching.slice(0, Number(command['limit'] ?? matching.length))
  return { cursor: { id: BSON.Long.ZERO, ns: `mqtt.${command['find']}`, firstBatch }, ok: 1 }
}

/** Inserts what has an id that is new, whatever the order. */
function insert(command: Document, collections: FakeCollections): Document {
  const name = String(command['insert'])
  const documents = collections.get(name) ?? []
  collections.set(name, documents)
  const ids = new Set(documents.map(({ _id: id }) => String(id)))
  const writeErrors: Document[] = []
  const given = command['documents'] as readonly Document[]
  given.forEach((document, index) => {
    const id = String(document['_id'])
    if (ids.has(id)) {
      const where = `collection: mqtt.${name} index: _id_ dup key: { _id: ${id} }`
      const errmsg = `E11000 duplicate key error ${where}`
      writeErrors.push({ index, code: DUPLICATE_KEY, errmsg })
      return
    }
    ids.add(id)
    documents.push(document)
  })
  const n = given.length - writeErrors.length
  return { n, ok: 1, ...(writeErrors.length > 0 && { writeErrors }) }
}

function helloAnswer(command: Document, login: Login, self: Document): Document {
  const speculative = command['speculativeAuthenticate'] as Document | undefined
  const first = speculative === undefined ? undefined : loginStep(speculative, login)
  return {
    ...self,
    ismaster: true,
    isWritablePrimary: true,
    helloOk: true,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    saslSupportedMechs: ['SCRAM-SHA-256'],
    ...(first?.['ok'] === 1 && { speculativeAuthenticate: first }),
    ok: 1,
  }
}

function loginStep(command: Document, login: Login): Document {
  const text = Buffer.from((command['payload'] as BSON.Binary).buffer).toString()
  if (command['saslStart'] !== undefined) return step(login.scram.first(text), false)
  if (text === '') return step('', true)
  const last = login.scram.final(text)
  login.isDone = last !== undefined
  if (last === undefined) return failure(AUTHENTICATION_FAILED, 'Authentication failed.')
  return step(last, true)
}

function step(payload: string, done: boolean): Document {
  return { conversationId: 1, done, payload: new BSON.Binary(Buffer.from(payload)), ok: 1 }
}

function failure(code: number, errmsg: string): Document {
  return { ok: 0, code, errmsg }
}
