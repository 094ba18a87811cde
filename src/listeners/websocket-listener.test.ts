import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { type ClientOptions, WebSocket } from 'ws'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import { makeHandleTools } from '#net/handle-wire.ts'
import { ReadBuffer } from '#net/read-buffer.ts'
import { loadTcpInternals } from '#net/tcp-internals.ts'
import type { ListenerOptions, TlsListenerOptions, WebSocketOptions } from './listener-options.ts'
import {
  closed,
  HostFixture,
  LOOPBACK,
  tlsOptions,
  webSocketOptions,
} from '../../test/listeners/listener-fixture.ts'

const internals = loadTcpInternals()
const handleTools = internals && makeHandleTools(internals, new ReadBuffer())
let folder: string
let tls: TlsListenerOptions
let ca: Buffer

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideway-wss-'))
  const made = ensureDevelopmentCertificates(folder, Date.now())
  ca = readFileSync(made.cacertfile)
  tls = tlsOptions(made.certfile, made.keyfile)
})

after(() => rmSync(folder, { recursive: true, force: true }))

/** A listener of one type and its clients; everything ends after each test. */
class Rig {
  readonly #type: 'ws' | 'wss'
  readonly #clients = new Set<WebSocket>()
  fixture = new HostFixture({ handleTools })

  constructor(type: 'ws' | 'wss') {
    this.#type = type
    afterEach(async () => {
      for (const client of this.#clients) client.terminate()
      await this.fixture.close()
      this.fixture = new HostFixture({ handleTools })
    })
  }

  start(
    change: Partial<WebSocketOptions> = {},
    more: Partial<ListenerOptions> = {},
  ): Promise<number> {
    const type = this.#type
    const websocket = { ...webSocketOptions, ...change }
    const options = { id: `${type}:default`, type, websocket, ...more }
    return this.fixture.start({ ...options, tls: type === 'wss' ? tls : undefined })
  }

  make(port: number, protocols: string[], options: ClientOptions = {}, path = '/mqtt'): WebSocket {
    const url = `${this.#type}://localhost:${port}${path}`
    const client = new WebSocket(url, protocols, { ca, family: 4, ...options })
    client.on('error', () => {})
    this.#clients.add(client)
    return client
  }

  async dial(port: number, protocols = ['mqtt'], options = {}): Promise<WebSocket> {
    const client = this.make(port, protocols, options)
    await once(client, 'open')
    return client
  }
}

/** Status and text of a refused upgrade. */
async function refusal(client: WebSocket): Promise<string> {
  const [response] = (await once(client, 'unexpected-response')).slice(1)
  const chunks: Buffer[] = await response.toArray()
  return `${response.statusCode} ${Buffer.concat(chunks).toString()}`
}

async function nextMessage(client: WebSocket): Promise<Buffer> {
  const [bytes, isBinary] = await once(client, 'message')
  assert.equal(isBinary, true, 'every frame is binary')
  return bytes
}

for (const type of ['ws', 'wss'] as const) {
  describe(`frames of a ${type} listener`, () => {
    const rig = new Rig(type)

    it('carries bytes in binary frames and knows its peer [MQTT-6.0.0-1]', async () => {
      const port = await rig.start()
      const client = await rig.dial(port)
      client.send(Buffer.from('hello'))
      assert.equal((await nextMessage(client)).toString(), 'hello')
      const { wire } = await rig.fixture.connection(0)
      assert.equal(wire.info.transport, type)
      assert.equal(wire.info.listener, `${type}:default`)
      assert.equal(wire.info.peerHost, LOOPBACK)
      assert.equal(wire.info.localPort, port)
    })

    it('closes a connection that sends a text frame [MQTT-6.0.0-1]', async () => {
      const client = await rig.dial(await rig.start())
      client.send('text')
      const [code] = await once(client, 'close')
      assert.equal(code, 1003)
      const connection = await rig.fixture.connection(0)
      await connection.until(() => connection.endings.length > 0)
      assert.deepEqual(connection.endings, ['text frame received'])
      assert.equal(connection.received.length, 0)
    })

    it('does not care where frames begin and end [MQTT-6.0.0-2]', async () => {
      const client = await rig.dial(await rig.start())
      const connection = await rig.fixture.connection(0)
      connection.echoes = false
      for (const part of ['a', 'bcd', '', 'ef']) client.send(Buffer.from(part))
      client.send(Buffer.from('gh'), { fin: false })
      client.send(Buffer.from('ij'), { fin: true })
      await connection.until(() => connection.received.length === 10)
      assert.equal(connection.received.toString(), 'abcdefghij')
    })

    it('sends the buffers of one write in one frame', async () => {
      const client = await rig.dial(await rig.start())
      const { wire } = await rig.fixture.connection(0)
      const parts = ['one ', 'two ', 'three'].map((text) => Buffer.from(text))
      wire.write(parts, 13)
      assert.equal((await nextMessage(client)).toString(), 'one two three')
    })

    it('sends large buffers without joining them, in order', async () => {
      const client = await rig.dial(await rig.start())
      const connection = await rig.fixture.connection(0)
      // More than the buffers of the system take in at once.
      const block = Buffer.alloc(32 << 20, 'w')
      let drained = 0
      connection.drained = () => {
        drained += 1
      }
      const received: Buffer[] = []
      client.on('message', (bytes: Buffer) => received.push(bytes))
      client.pause()
      assert.equal(connection.wire.write([block, Buffer.from('end')], block.length + 3), false)
      assert.ok(connection.wire.bufferedBytes > 0)
      client.resume()
      await once(client, 'message')
      if (received.length < 2) await once(client, 'message')
      assert.deepEqual(
        received.map(({ length }) => length),
        [block.length, 3],
      )
      while (drained === 0) await new Promise((r) => setImmediate(r))
      assert.deepEqual([drained, connection.wire.bufferedBytes], [1, 0])
    })

    it('stops reading while paused', async () => {
      const port = await rig.start()
      const client = await rig.dial(port)
      const connection = await rig.fixture.connection(0)
      connection.echoes = false
      connection.wire.pause()
      client.send(Buffer.from('waits'))
      // What came before was handled: another connection is served in between.
      const other = await rig.dial(port)
      other.send(Buffer.from('x'))
      await nextMessage(other)
      assert.equal(connection.received.length, 0)
      connection.wire.resume()
      await connection.until(() => connection.received.length === 5)
    })

    it('compresses when asked to', async () => {
      const client = await rig.dial(await rig.start({ compress: true }))
      assert.match(client.extensions, /permessage-deflate/)
      client.send(Buffer.alloc(5000, 'a'))
      assert.equal((await nextMessage(client)).length, 5000)
    })
  })

  describe(`upgrade on a ${type} listener`, () => {
    const rig = new Rig(type)

    for (const name of ['mqtt', 'mqtt-v3', 'mqtt-v3.1.1', 'mqtt-v5']) {
      it(`answers with the subprotocol ${name} [MQTT-6.0.0-4]`, async () => {
        assert.equal((await rig.dial(await rig.start(), [name])).protocol, name)
      })
    }

    it('chooses the first supported subprotocol of the client [MQTT-6.0.0-4]', async () => {
      const client = await rig.dial(await rig.start(), ['chat', 'mqtt-v5', 'mqtt'])
      assert.equal(client.protocol, 'mqtt-v5')
    })

    it('refuses clients that name no supported subprotocol [MQTT-6.0.0-3]', async () => {
      const port = await rig.start()
      assert.match(
        await refusal(rig.make(port, ['chat'])),
        /^400 no supported subprotocol.*mqtt-v5/,
      )
      assert.match(await refusal(rig.make(port, [])), /^400 /)
      assert.match(
        String((await rig.fixture.line('upgrade_refused')).fields['detail']),
        /subprotocol/,
      )
    })

    it('accepts them when it may', async () => {
      const client = await rig.dial(await rig.start({ requireSubprotocol: false }), [])
      assert.equal(client.protocol, '')
    })

    it('refuses other paths and other origins', async () => {
      const port = await rig.start({
        origins: ['http://localhost:18083'],
        allowMissingOrigin: false,
      })
      const elsewhere = new WebSocket(`${type}://localhost:${port}/other`, 'mqtt', {
        ca,
        family: 4,
      })
      elsewhere.on('error', () => {})
      assert.match(await refusal(elsewhere), /^404 no such path: \/other/)
      const foreign = rig.make(port, ['mqtt'], { origin: 'http://example.org' })
      assert.match(await refusal(foreign), /^403 the origin http:\/\/example.org/)
      assert.match(await refusal(rig.make(port, ['mqtt'])), /^403 /)
      await rig.dial(port, ['mqtt'], { origin: 'http://localhost:18083' })
    })

    it('takes the address of the client from a proxy on this host', async () => {
      const headers = { 'x-forwarded-for': '198.51.100.9, 192.0.2.5', 'x-forwarded-port': '4711' }
      await rig.dial(await rig.start(), ['mqtt'], { headers })
      const { wire } = await rig.fixture.connection(0)
      assert.equal(wire.info.peerHost, '192.0.2.5')
      assert.equal(wire.info.peerPort, 4711)
    })

    it('closes connections that do not ask for an upgrade in time', async () => {
      const port = await rig.start({ upgradeTimeoutMs: 200 })
      if (type === 'wss') return
      const client = await rig.fixture.dial(port)
      client.write('GET /mqtt HTTP/1.1\r\n')
      await closed(client)
      await rig.fixture.line('upgrade_timeout')
    })

    it('reads a PROXY header before the request', async () => {
      if (type === 'wss') return
      const raw = await rig.fixture.dial(await rig.start({}, { proxyProtocol: true }))
      raw.write('PROXY TCP4 192.0.2.9 192.0.2.1 40001 8083\r\n')
      // The address comes from a proxy that is believed; a header of its client is not.
      const headers = { 'x-forwarded-for': '127.0.0.1' }
      const client = rig.make(0, ['mqtt'], { createConnection: () => raw, headers })
      await once(client, 'open')
      const { wire } = await rig.fixture.connection(0)
      assert.equal(wire.info.peerHost, '192.0.2.9')
      client.send(Buffer.from('x'))
      await nextMessage(client)
    })

    it('answers what is no HTTP request, and counts it', async () => {
      if (type === 'wss') return
      const client = await rig.fixture.dial(await rig.start())
      const chunks: Buffer[] = []
      client.on('data', (chunk: Buffer) => chunks.push(chunk))
      client.write(Buffer.from([0x10, 0x0c, 0x00, 0x04]))
      await closed(client)
      assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 [^]*malformed request: HPE/)
      const { fields } = await rig.fixture.line('upgrade_refused')
      assert.match(String(fields['detail']), /^HPE_/)
    })

    it('answers a plain request with what it is', async () => {
      if (type === 'wss') return
      const port = await rig.start()
      const [response] = await once(get({ host: LOOPBACK, port, path: '/mqtt' }), 'response')
      assert.equal(response.statusCode, 426)
      assert.match(
        Buffer.concat(await response.toArray()).toString(),
        /WebSocket endpoint for MQTT/,
      )
    })
  })

  describe(`limits and endings of a ${type} listener`, () => {
    const rig = new Rig(type)

    it('closes connections with larger messages than allowed', async () => {
      const client = await rig.dial(await rig.start({ frameBytesMax: 1000 }))
      client.send(Buffer.alloc(1001))
      const [code] = await once(client, 'close')
      assert.equal(code, 1009)
      const connection = await rig.fixture.connection(0)
      await connection.until(() => connection.endings.length > 0)
      assert.deepEqual(connection.endings, ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'])
    })

    it('closes connections from which nothing comes, not the others', async () => {
      const port = await rig.start({ idleTimeoutMs: 600 })
      const [busy] = [await rig.dial(port), await rig.dial(port)]
      const timer = setInterval(() => busy?.send(Buffer.from('.')), 100)
      const idle = await rig.fixture.connection(1)
      await idle.until(() => idle.endings.length > 0)
      clearInterval(timer)
      assert.deepEqual(idle.endings, ['idle_timeout'])
      assert.deepEqual(rig.fixture.connections[0]?.endings, [])
    })

    it('ends with a close frame after what waits', async () => {
      const client = await rig.dial(await rig.start())
      const { wire } = await rig.fixture.connection(0)
      wire.write([Buffer.from('bye')], 3)
      wire.end()
      assert.equal((await nextMessage(client)).toString(), 'bye')
      const [code] = await once(client, 'close')
      assert.equal(code, 1000)
      const connection = await rig.fixture.connection(0)
      await connection.until(() => connection.endings.length > 0)
      assert.deepEqual(connection.endings, [undefined])
    })

    it('cuts at once when destroyed, and says nothing', async () => {
      const client = await rig.dial(await rig.start())
      const connection = await rig.fixture.connection(0)
      connection.wire.destroy()
      const [code] = await once(client, 'close')
      assert.equal(code, 1006)
      assert.deepEqual(connection.endings, [])
      assert.equal(connection.wire.write([Buffer.from('x')], 1), true)
    })

    it('says once that the peer has gone', async () => {
      const client = await rig.dial(await rig.start())
      const connection = await rig.fixture.connection(0)
      client.terminate()
      await connection.until(() => connection.endings.length > 0)
      assert.equal(connection.endings.length, 1)
    })
  })
}
