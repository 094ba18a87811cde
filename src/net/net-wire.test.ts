/** One suite for all wires over TCP: through handles, through sockets, and through TLS. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Acceptor, type Incoming, openAcceptor } from './acceptor.ts'
import { type HandleTools, makeHandleTools } from './handle-wire.ts'
import { type NetWire, NO_RECEIVER } from './net-wire.ts'
import { ReadBuffer } from './read-buffer.ts'
import { loadTcpInternals } from './tcp-internals.ts'

const HOST = '127.0.0.1'

interface Ending {
  readonly error: string | undefined
}

/** A receiver that keeps what it is told and lets a test wait for it. */
class Recorder {
  received = Buffer.alloc(0)
  endings: Ending[] = []
  drains = 0
  #waiting: (() => void)[] = []

  receive(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes])
    this.#wake()
  }

  ended(error?: string): void {
    this.endings.push({ error })
    this.#wake()
  }

  drained(): void {
    this.drains += 1
    this.#wake()
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

interface Pair {
  readonly wire: NetWire<string>
  readonly recorder: Recorder
  readonly client: Socket
  readonly closed: { count: number }
}

const internals = loadTcpInternals()
const PATHS: readonly (readonly [string, HandleTools | undefined])[] = [
  ['handle', internals && makeHandleTools(internals, new ReadBuffer())],
  ['socket', undefined],
]

/** Connections over one path: the port opens before the tests of a suite and closes after them. */
class Rig {
  readonly #tools: HandleTools | undefined
  readonly #clients = new Set<Socket>()
  acceptor: Acceptor | undefined
  #accept: (incoming: Incoming) => void = () => {}

  constructor(tools: HandleTools | undefined) {
    this.#tools = tools
    before(() => this.#open())
    after(() => this.#close())
  }

  get port(): number {
    return this.acceptor?.port ?? 0
  }

  async dial(allowHalfOpen = false): Promise<{ client: Socket; incoming: Incoming }> {
    const accepted = new Promise<Incoming>((resolve) => {
      this.#accept = resolve
    })
    const client = connect({ host: HOST, port: this.port, allowHalfOpen })
    this.#clients.add(client)
    client.on('error', () => {})
    const [incoming] = await Promise.all([accepted, once(client, 'connect')])
    return { client, incoming }
  }

  async pair(allowHalfOpen = false, start = true): Promise<Pair> {
    const { client, incoming } = await this.dial(allowHalfOpen)
    const recorder = new Recorder()
    const wire = incoming.wire('facts', recorder)
    const closed = { count: 0 }
    wire.onClosed = () => {
      closed.count += 1
    }
    if (start) wire.start()
    return { wire, recorder, client, closed }
  }

  async #open(): Promise<void> {
    const options = { host: HOST, port: 0, backlog: 16, reusePort: false, noDelay: true }
    const keepAlive = { idleS: 60, intervalS: 10, count: 3 }
    const events = {
      accepted: (incoming: Incoming) => this.#accept(incoming),
      failed: (code: string) => assert.fail(code),
      vanished: () => assert.fail('it was there'),
    }
    this.acceptor = await openAcceptor({ ...options, keepAlive }, events, this.#tools)
  }

  async #close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.acceptor?.close()
  }
}

it('has the internals of the fast path in this Node.js', () => {
  assert.ok(internals !== undefined)
})

for (const [name, tools] of PATHS) {
  describe(`reading over a ${name}`, () => {
    const rig = new Rig(tools)

    it('tells where the peer is', async () => {
      const { client, incoming } = await rig.dial()
      assert.equal(incoming.peerHost, HOST)
      assert.equal(incoming.peerPort, client.localPort)
      assert.equal(incoming.localPort, rig.port)
      incoming.refuse()
      await once(client, 'close')
    })

    it('receives what the peer sends, in order [MQTT-4.2.0-1]', async () => {
      const { recorder, client, wire } = await rig.pair()
      client.write('one ')
      await recorder.until(() => recorder.received.length === 4)
      client.write('two')
      await recorder.until(() => recorder.received.length === 7)
      assert.equal(recorder.received.toString(), 'one two')
      assert.equal(wire.info, 'facts')
      wire.destroy()
    })

    it('receives a megabyte unchanged [MQTT-4.2.0-1]', async () => {
      const { recorder, client, wire } = await rig.pair()
      const sent = Buffer.alloc(1 << 20, 'abcdefghijk')
      client.write(sent)
      await recorder.until(() => recorder.received.length === sent.length)
      assert.ok(recorder.received.equals(sent))
      wire.destroy()
    })

    it('leaves alone what is held, and reads on elsewhere', async () => {
      const { recorder, client, wire } = await rig.pair()
      const sent = Buffer.from(Uint32Array.from({ length: 1 << 19 }, (_, index) => index).buffer)
      const pieces: Buffer[] = []
      let received = 0
      let heldBytes = 0
      recorder.receive = (bytes) => {
        const held = wire.holdReceived(bytes.length)
        if (held !== undefined) heldBytes += bytes.length
        pieces.push(held === undefined ? Buffer.from(bytes) : bytes)
        received += bytes.length
        if (received === sent.length) wire.destroy()
      }
      client.write(sent)
      await once(client, 'close')
      assert.ok(Buffer.concat(pieces).equals(sent))
      assert.ok(heldBytes > sent.length / 2, `${heldBytes} bytes are held`)
    })

    it('does not hold many bytes for the sake of a few', async () => {
      const { recorder, client, wire } = await rig.pair()
      let heldForFew = 0
      recorder.receive = (bytes) => {
        recorder.received = Buffer.concat([recorder.received, bytes])
        if (name === 'handle' && wire.holdReceived(10) !== undefined) heldForFew++
        if (recorder.received.length === 1 << 20) wire.destroy()
      }
      client.write(Buffer.alloc(1 << 20))
      await once(client, 'close')
      assert.equal(heldForFew, 0)
    })

    it('stops reading while paused', async () => {
      const { client, recorder, wire } = await rig.pair(false, false)
      wire.pause()
      wire.start()
      client.write('early')
      await roundTrips(client, wire)
      assert.equal(recorder.received.length, 0)
      wire.resume()
      await recorder.until(() => recorder.received.length === 5)
      wire.pause()
      client.write(' late')
      await roundTrips(client, wire)
      assert.equal(recorder.received.toString(), 'early')
      wire.resume()
      await recorder.until(() => recorder.received.length === 10)
      wire.destroy()
    })

    it('hands out a socket that does not read by itself', async () => {
      const { client, incoming } = await rig.dial()
      const socket = incoming.socket()
      client.write('hello')
      assert.equal(await readBytes(socket, 5), 'hello')
      socket.write('there')
      assert.equal(await readBytes(client, 5), 'there')
      client.end()
      await once(socket, 'close')
    })
  })

  describe(`writing over a ${name}`, () => {
    const rig = new Rig(tools)

    it('sends one buffer and many, in order [MQTT-4.2.0-1]', async () => {
      const { client, wire } = await rig.pair()
      assert.equal(wire.write([Buffer.from('a')], 1), true)
      assert.equal(wire.write([], 0), true)
      wire.write([Buffer.from('bc'), Buffer.from('d'), Buffer.from('ef')], 5)
      assert.equal(await readBytes(client, 6), 'abcdef')
      assert.equal(wire.bufferedBytes, 0)
      wire.destroy()
    })

    it('sends more buffers at once than the system takes in one call', async () => {
      const { client, wire } = await rig.pair()
      const chunks = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index % 10}`))
      wire.write(chunks, chunks.length)
      assert.equal(await readBytes(client, 3000), '0123456789'.repeat(300))
      wire.destroy()
    })

    it('says when memory may be used again, and holds it only when it says so', async () => {
      const { client, recorder, wire } = await rig.pair()
      client.pause()
      const memory = Buffer.alloc(64 << 10)
      let sent = 0
      for (let taken = true; taken; sent++) {
        taken = wire.write([memory.fill(97 + (sent % 26))], memory.length)
        assert.equal(taken, wire.bufferedBytes === 0)
      }
      const text = await readBytes(client, sent * memory.length)
      for (let index = 0; index < sent; index++) {
        const part = text.slice(index * memory.length, (index + 1) * memory.length)
        assert.equal(part, String.fromCharCode(97 + (index % 26)).repeat(memory.length))
      }
      await recorder.until(() => recorder.drains === 1)
      wire.destroy()
      assert.equal(wire.write([memory], memory.length), true)
    })

    it('keeps the memory it has not sent, though its owner forgets it', async () => {
      const { client, wire } = await rig.pair()
      client.pause()
      const length = 8 << 20
      const write = (): void => {
        const chunks = [Buffer.alloc(length, 'k'), Buffer.alloc(length, 'l')]
        assert.equal(wire.write(chunks, 2 * length), false)
        chunks.length = 0
      }
      write()
      collectGarbage()
      const reused = Array.from({ length: 4 }, () => Buffer.alloc(length, '!'))
      const text = await readBytes(client, 2 * length)
      assert.equal(text.lastIndexOf('k'), length - 1)
      assert.equal(text.indexOf('l'), length)
      assert.equal(text.includes('!'), false, `${reused.length} others took its place`)
      wire.destroy()
    })

    it('does not keep the array of buffers', async () => {
      const { client, wire } = await rig.pair()
      client.pause()
      const block = Buffer.alloc(4 << 20, 'x')
      const chunks = [block, Buffer.from('end')]
      wire.write(chunks, block.length + 3)
      chunks.length = 0
      client.resume()
      const text = await readBytes(client, block.length + 3)
      assert.ok(text.endsWith('xend'))
      wire.destroy()
    })

    it('counts what a slow reader has not taken and tells when it has', async () => {
      const { client, recorder, wire } = await rig.pair()
      client.pause()
      const block = Buffer.alloc(8 << 20, 'y')
      wire.write([block], block.length)
      const waiting = wire.bufferedBytes
      assert.ok(waiting > 0 && waiting <= block.length)
      wire.write([Buffer.from('tail')], 4)
      assert.equal(wire.bufferedBytes, waiting + 4)
      const takenAtFirst = wire.takenBytes
      assert.equal(recorder.drains, 0)
      const text = await Promise.all([
        readBytes(client, block.length + 4),
        recorder.until(() => recorder.drains > 0),
      ])
      assert.ok(text[0].endsWith('ytail'))
      assert.equal(wire.bufferedBytes, 0)
      assert.ok(wire.takenBytes > takenAtFirst)
      assert.equal(recorder.drains, 1)
      wire.destroy()
    })

    it('reports a failed write after the write has returned', async () => {
      const { client, recorder, wire } = await rig.pair(false, false)
      wire.pause()
      wire.start()
      client.resetAndDestroy()
      await once(client, 'close')
      const isOver = (): boolean => recorder.endings.length > 0
      while (!isOver()) {
        wire.write([Buffer.alloc(1000)], 1000)
        assert.equal(recorder.endings.length, 0)
        await new Promise((resolve) => setImmediate(resolve))
      }
      assert.match(recorder.endings[0]?.error ?? '', /EPIPE|ECONNRESET/)
    })
  })

  describe(`ending over a ${name}`, () => {
    const rig = new Rig(tools)

    it('says once that the peer closed', async () => {
      const { client, recorder, closed, wire } = await rig.pair()
      client.end('bye')
      await recorder.until(() => recorder.endings.length > 0)
      assert.equal(recorder.received.toString(), 'bye')
      assert.deepEqual(recorder.endings, [{ error: undefined }])
      assert.equal(closed.count, 1)
      wire.write([Buffer.from('x')], 1)
      wire.end()
      wire.destroy()
      assert.equal(wire.bufferedBytes, 0)
      assert.equal(closed.count, 1)
    })

    it('closes when the peer has closed its direction only', async () => {
      const { client, recorder } = await rig.pair(true)
      client.end()
      await Promise.all([recorder.until(() => recorder.endings.length > 0), ended(client)])
    })

    it('says once, with the error, that the peer reset the connection', async () => {
      const { client, recorder, closed } = await rig.pair()
      client.resetAndDestroy()
      await recorder.until(() => recorder.endings.length > 0)
      assert.deepEqual(recorder.endings, [{ error: 'ECONNRESET' }])
      assert.equal(closed.count, 1)
    })

    it('ends after sending what waits, and does not deliver what comes then', async () => {
      const { client, recorder, wire, closed } = await rig.pair(true)
      const block = Buffer.alloc(4 << 20, 'z')
      client.pause()
      wire.write([block, Buffer.from('last')], block.length + 4)
      wire.end()
      wire.write([Buffer.from('never')], 5)
      client.write('ignored')
      const text = await readAll(client)
      assert.equal(text.length, block.length + 4)
      assert.ok(text.endsWith('zlast'))
      assert.equal(recorder.endings.length, 0)
      client.end()
      await recorder.until(() => recorder.endings.length > 0)
      assert.equal(recorder.received.length, 0)
      assert.equal(closed.count, 1)
      assert.deepEqual(recorder.endings, [{ error: undefined }])
    })

    it('cuts an ended connection that the peer does not close', async (t) => {
      const { client, recorder, wire } = await rig.pair(true)
      t.mock.timers.enable({ apis: ['setTimeout'] })
      wire.end()
      await ended(client)
      assert.equal(recorder.endings.length, 0)
      t.mock.timers.tick(5000)
      t.mock.timers.reset()
      await recorder.until(() => recorder.endings.length > 0)
    })

    it('cuts at once when destroyed, and says nothing', async () => {
      const { client, recorder, wire, closed } = await rig.pair()
      wire.destroy()
      wire.destroy()
      await once(client, 'close')
      assert.deepEqual(recorder.endings, [])
      assert.equal(closed.count, 1)
    })

    it('may be destroyed or paused by its receiver', async () => {
      const { client, wire, closed } = await rig.pair()
      let calls = 0
      wire.receiver = {
        ...NO_RECEIVER,
        receive() {
          calls += 1
          wire.pause()
          wire.write([Buffer.from('!')], 1)
          wire.destroy()
        },
      }
      client.write('x')
      client.resume()
      await once(client, 'close')
      assert.equal(calls, 1)
      assert.equal(closed.count, 1)
    })
  })
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

function ended(socket: Socket): Promise<unknown> {
  socket.resume()
  return once(socket, 'end')
}

/** Bytes went to the peer and it has seen them: whatever came before was handled. */
async function roundTrips(client: Socket, wire: NetWire<string>): Promise<void> {
  for (let round = 0; round < 3; round++) {
    wire.write([Buffer.from('.')], 1)
    await readBytes(client, 1)
  }
}

async function readBytes(socket: Socket, count: number): Promise<string> {
  const chunks: Buffer[] = []
  for (let missing = count; missing > 0;) {
    const chunk: Buffer | null = socket.read(Math.min(missing, socket.readableLength || 1))
    if (chunk === null) await once(socket, 'readable')
    else {
      chunks.push(chunk)
      missing -= chunk.length
    }
  }
  return Buffer.concat(chunks).toString('latin1')
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await ended(socket)
  return Buffer.concat(chunks).toString('latin1')
}

describe('blocks of connections that send much', () => {
  const rig = new Rig(internals && makeHandleTools(internals, new ReadBuffer()))

  it('are few; whoever comes later does without and gets all the same', async () => {
    const sent = Buffer.alloc(200_000, 'abcdefghijk')
    const pairs: Pair[] = []
    let holders = 0
    for (let count = 0; count < 70; count++) {
      const pair = await rig.pair()
      pairs.push(pair)
      let held = 0
      pair.recorder.receive = (bytes) => {
        pair.recorder.received = Buffer.concat([pair.recorder.received, bytes])
        if (pair.wire.holdReceived(bytes.length) !== undefined) held++
        if (pair.recorder.received.length === sent.length) pair.client.end()
      }
      pair.client.write(sent)
      await once(pair.client, 'finish')
      assert.ok(pair.recorder.received.equals(sent))
      if (held > 0) holders++
    }
    assert.ok(holders >= 60, `${holders} connections had blocks`)
    for (const { wire } of pairs) wire.destroy()
  })
})
