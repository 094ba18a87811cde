import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { createSecureContext, createServer as createTlsServer } from 'node:tls'
import { WebSocketServer } from 'ws'
import { ensureDevelopmentCertificates } from './certificate/development-certificates.ts'
import { type Dialer, type DialTarget, type DialTls, makeDialer } from './dial.ts'
import { makeHandleTools } from './handle-wire.ts'
import type { NetWire } from './net-wire.ts'
import { ReadBuffer } from './read-buffer.ts'
import { loadTcpInternals } from './tcp-internals.ts'

const LOOPBACK = '127.0.0.1'
const internals = loadTcpInternals()
const fast = makeDialer(internals && makeHandleTools(internals, new ReadBuffer()))
const plain = makeDialer(undefined)

let folder: string
let files: { cert: Buffer; key: Buffer; ca: Buffer }
const closers: (() => void)[] = []

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideway-dial-'))
  const { certfile, keyfile, cacertfile } = ensureDevelopmentCertificates(folder, Date.now())
  files = {
    cert: readFileSync(certfile),
    key: readFileSync(keyfile),
    ca: readFileSync(cacertfile),
  }
})

after(() => rmSync(folder, { recursive: true, force: true }))

afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Listens on a free port until the test ends. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  closers.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, LOOPBACK)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function echo(socket: Socket): void {
  socket.on('error', () => {})
  socket.pipe(socket)
}

function dialed(dial: Dialer, target: DialTarget): Promise<NetWire<undefined>> {
  return new Promise((resolve, reject) => {
    dial(target, {
      opened(wire) {
        closers.push(() => wire.destroy())
        resolve(wire)
      },
      failed: (error) => reject(new Error(error)),
    })
  })
}

/** Sends a text and resolves with what comes back, as soon as that is as long. */
function exchange(wire: NetWire<undefined>, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    wire.receiver = {
      receive(bytes) {
        received += bytes.toString('latin1')
        if (received.length >= text.length) resolve(received)
      },
      ended: (error) => reject(new Error(error ?? 'ended')),
      drained() {},
    }
    wire.start()
    wire.write([Buffer.from(text)], text.length)
  })
}

function tls(change: Partial<DialTls> = {}): DialTls {
  return { context: createSecureContext({ ca: files.ca }), serverName: '', verify: true, ...change }
}

for (const [name, dial] of [
  ['below the streams', fast],
  ['by public interfaces', plain],
] as const) {
  describe(`a TCP connection ${name}`, () => {
    it('carries bytes in both directions', async () => {
      const port = await listen(createServer(echo))
      const wire = await dialed(dial, { address: LOOPBACK, port })
      assert.equal(await exchange(wire, 'tideway'), 'tideway')
    })

    it('comes from the local address that is named', async () => {
      const server = createServer()
      const port = await listen(server)
      const accepted = once(server, 'connection')
      await dialed(dial, { address: LOOPBACK, port, localAddress: '127.0.0.3' })
      const [socket] = (await accepted) as [Socket]
      assert.equal(socket.remoteAddress, '127.0.0.3')
    })

    it('tells the error of the system when nobody listens', async () => {
      const server = createServer()
      const port = await listen(server)
      server.close()
      await once(server, 'close')
      await assert.rejects(dialed(dial, { address: LOOPBACK, port }), /^Error: ECONNREFUSED$/)
    })

    it('tells the error of the system when the local address is not of this host', async () => {
      const target = { address: LOOPBACK, port: 1, localAddress: '192.0.2.1' }
      await assert.rejects(dialed(dial, target), /^Error: EADDRNOTAVAIL$/)
    })
  })
}

describe('a TLS connection', () => {
  it('carries bytes when the certificate is that of a known authority', async () => {
    const port = await listen(createTlsServer(files, echo))
    const wire = await dialed(fast, { address: LOOPBACK, port, tls: tls() })
    assert.equal(await exchange(wire, 'tideway'), 'tideway')
  })

  it('fails when the authority is not known, unless nothing is to be verified', async () => {
    const port = await listen(createTlsServer(files, echo))
    const strict = tls({ context: createSecureContext() })
    const target = { address: LOOPBACK, port }
    await assert.rejects(dialed(fast, { ...target, tls: strict }), /certificate/)
    const wire = await dialed(fast, { ...target, tls: { ...strict, verify: false } })
    assert.equal(await exchange(wire, 'tideway'), 'tideway')
  })

  it('fails when the certificate has another name', async () => {
    const port = await listen(createTlsServer(files, echo))
    const target = { address: LOOPBACK, port, tls: tls({ serverName: 'other.example' }) }
    await assert.rejects(dialed(fast, target), /other\.example/)
  })
})

describe('a WebSocket connection', () => {
  function serve(server: Server): void {
    const sockets = new WebSocketServer({ server: server as never, path: '/mqtt' })
    sockets.on('connection', (socket) => {
      socket.on('message', (bytes: Buffer) => socket.send(bytes))
    })
  }

  it('asks for the subprotocol mqtt and carries bytes, with and without TLS', async () => {
    const server = createHttpsServer(files)
    serve(server)
    const port = await listen(server)
    const target = { address: LOOPBACK, port, webSocketPath: '/mqtt', tls: tls() }
    const upgraded = once(server, 'upgrade')
    const wire = await dialed(fast, target)
    const [request] = (await upgraded) as [{ headers: Record<string, string> }]
    assert.equal(request.headers['sec-websocket-protocol'], 'mqtt')
    assert.equal(await exchange(wire, 'tideway'), 'tideway')
  })

  it('fails when the path is another', async () => {
    const server = createHttpsServer(files)
    serve(server)
    const port = await listen(server)
    const target = { address: LOOPBACK, port, webSocketPath: '/other', tls: tls() }
    await assert.rejects(dialed(fast, target), /400/)
  })
})
