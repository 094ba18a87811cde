/**
 * A stand-in for MongoDB, which Debian does not have. It speaks the wire protocol (OP_MSG, and
 * OP_QUERY for the first hello), logs in with SCRAM-SHA-256 (RFC 7677) and finds documents whose
 * fields equal those of the filter.
 */
import { BSON, type Document } from 'mongodb'
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { launchTcp, type LocalServer, type ServerPem } from './local-server.ts'

/** The user and password that the server has. */
export const MONGODB_LOGIN = { username: 'tideway', password: 'mongo-Secret-1' } as const

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER_BYTES = 16
const ITERATIONS = 4096
const UNAUTHORIZED = 13
const AUTHENTICATION_FAILED = 18
const NO_SUCH_COMMAND = 59

/** Documents by collection; a test changes them as it likes. */
export type FakeCollections = Map<string, Document[]>

/** A running stand-in. */
export interface MongodbFake {
  readonly server: LocalServer
  readonly collections: FakeCollections
  /** What a `find` answers instead of documents, until it is undefined again. */
  answer: Document | undefined
}

interface Login {
  isDone: boolean
  clientFirst: string
  serverFirst: string
}

/** Starts a stand-in on a free port. */
export async function startMongodbFake(pem?: ServerPem): Promise<MongodbFake> {
  const collections: FakeCollections = new Map()
  const state: { answer: Document | undefined } = { answer: undefined }
  const connected = (socket: Socket, server: LocalServer) => {
    const login: Login = { isDone: false, clientFirst: '', serverFirst: '' }
    readMessages(socket, (message) => {
      const answer = run(message.command, login, collections, state.answer)
      server.answer(() => socket.write(encodeReply(message, answer)))
    })
  }
  const server = await launchTcp(connected, pem)
  return Object.assign(state, { server, collections })
}

interface Message {
  readonly requestId: number
  readonly opcode: number
  readonly command: Document
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
    return { requestId, opcode, command: BSON.deserialize(bytes.subarray(afterName + 8)) }
  }
  // flags (4), kind of section (1): 0 is the body, which a driver puts first.
  return { requestId, opcode, command: BSON.deserialize(bytes.subarray(HEADER_BYTES + 5)) }
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

function run(
  command: Document,
  login: Login,
  collections: FakeCollections,
  answer: Document | undefined,
): Document {
  const name = Object.keys(command)[0]?.toLowerCase()
  if (name === 'hello' || name === 'ismaster') return helloAnswer(command, login)
  if (name === 'saslstart' || name === 'saslcontinue') return loginStep(command, login)
  if (name === 'endsessions') return { ok: 1 }
  if (!login.isDone) return failure(UNAUTHORIZED, 'command requires authentication')
  if (name === 'ping') return { ok: 1 }
  if (name !== 'find') return failure(NO_SUCH_COMMAND, `no such command: ${name}`)
  if (answer !== undefined) return answer
  const documents = collections.get(String(command['find'])) ?? []
  const filter = Object.entries(command['filter'] as Document)
  const matching = documents.filter((one) => filter.every(([key, value]) => one[key] === value))
  const firstBatch = matching.slice(0, Number(command['limit'] ?? matching.length))
  return { cursor: { id: BSON.Long.ZERO, ns: `mqtt.${command['find']}`, firstBatch }, ok: 1 }
}

function helloAnswer(command: Document, login: Login): Document {
  const speculative = command['speculativeAuthenticate'] as Document | undefined
  const first = speculative === undefined ? undefined : loginStep(speculative, login)
  return {
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
  const field = (name: string) => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(text)?.[1] ?? ''
  if (command['saslStart'] !== undefined) {
    login.clientFirst = text.replace(/^n,,/, '')
    const nonce = field('r') + randomBytes(12).toString('base64')
    const salt = createHash('sha256').update(MONGODB_LOGIN.username).digest('base64')
    login.serverFirst = `r=${nonce},s=${salt},i=${ITERATIONS}`
    return step(login.serverFirst, false)
  }
  if (text === '') return step('', true)
  const { username, password } = MONGODB_LOGIN
  const [, salt = ''] = /s=([^,]*)/.exec(login.serverFirst) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), ITERATIONS, 32, 'sha256')
  const withoutProof = text.slice(0, text.lastIndexOf(',p='))
  const signed = `${login.clientFirst},${login.serverFirst},${withoutProof}`
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(createHash('sha256').update(clientKey).digest(), signed)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
  const isRight = field('p') === proof.toString('base64')
  if (!isRight || !login.clientFirst.includes(`n=${username},`)) {
    return failure(AUTHENTICATION_FAILED, 'Authentication failed.')
  }
  login.isDone = true
  return step(`v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`, true)
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function step(payload: string, done: boolean): Document {
  return { conversationId: 1, done, payload: new BSON.Binary(Buffer.from(payload)), ok: 1 }
}

function failure(code: number, errmsg: string): Document {
  return { ok: 0, code, errmsg }
}
