import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { type HandleTools, makeHandleTools } from '#net/handle-wire.ts'
import { ReadBuffer } from '#net/read-buffer.ts'
import { loadTcpInternals } from '#net/tcp-internals.ts'
import {
  closed,
  HostFixture,
  listenerOptions,
  LOOPBACK,
  readBytes,
} from '../../test/listeners/listener-fixture.ts'

const internals = loadTcpInternals()
const PATHS: readonly (readonly [string, HandleTools | undefined])[] = [
  ['handles', internals && makeHandleTools(internals, new ReadBuffer())],
  ['sockets', undefined],
]

for (const [name, handleTools] of PATHS) {
  describe(`TCP listener over ${name}`, () => {
    let fixture = new HostFixture({ handleTools })

    afterEach(async () => {
      await fixture.close()
      fixture = new HostFixture({ handleTools })
    })

    it('hands connections to the core with the facts about the peer', async () => {
      const port = await fixture.start({})
      const client = await fixture.dial(port)
      const { wire } = await fixture.connection(0)
      assert.deepEqual(wire.info, {
        listener: 'tcp:default',
        transport: 'tcp',
        zone: 'default',
        peerHost: LOOPBACK,
        peerPort: client.localPort,
        localHost: LOOPBACK,
        localPort: port,
      })
      client.write('hello')
      assert.equal(await readBytes(client, 5), 'hello')
      const { connections, accepted } = fixture.host.counts()['tcp:default'] ?? {}
      assert.deepEqual({ connections, accepted }, { connections: 1, accepted: 1 })
    })

    it('closes connections above max_connections at once, and says so', async () => {
      const port = await fixture.start({ connectionsMax: 1 })
      const first = await fixture.dial(port)
      const kept = await fixture.connection(0)
      await closed(await fixture.dial(port))
      const { fields } = await fixture.line('max_connections')
      assert.equal(fields['listener'], 'tcp:default')
      assert.deepEqual(fixture.host.counts()['tcp:default']?.closed, { max_connections: 1 })
      first.end()
      await kept.until(() => kept.endings.length > 0)
      await fixture.dial(port)
      await fixture.connection(1)
    })

    it('counts max_connections over all threads together', async () => {
      const other = new HostFixture({ handleTools }, fixture.slots)
      const ports = [
        await fixture.start({ connectionsMax: 1 }),
        await other.start({ connectionsMax: 1 }),
      ]
      await fixture.dial(ports[0] ?? 0)
      await fixture.connection(0)
      await closed(await fixture.dial(ports[1] ?? 0))
      await other.host.stop('tcp:default')
    })

    it('refuses addresses that no rule allows', async () => {
      const port = await fixture.start({
        accessRules: [
          { permission: 'deny', address: '127.0.0.0', prefixBits: 8 },
          { permission: 'allow' },
        ],
      })
      await closed(await fixture.dial(port))
      const { fields } = await fixture.line('access_rules')
      assert.match(String(fields['peername']), /^127\.0\.0\.1:\d+$/)
      assert.equal(fixture.connections.length, 0)
    })

    it('lets connections above the rate wait for their turn', async () => {
      const port = await fixture.start({ connectRate: { amount: 2, intervalMs: 200 } })
      const startedMs = performance.now()
      await Promise.all(Array.from({ length: 6 }, () => fixture.dial(port)))
      await fixture.connection(5)
      assert.ok(performance.now() - startedMs >= 390, 'four of six waited 100 ms each')
    })

    it('lets connections wait at the port until the broker serves', async () => {
      fixture.host.hold()
      const port = await fixture.start({ backlog: 2 })
      const early = [await fixture.dial(port), await fixture.dial(port)]
      for (const client of early) client.write('hello')
      await closed(await fixture.dial(port))
      assert.equal(fixture.connections.length, 0)
      fixture.host.serve()
      for (const client of early) assert.equal(await readBytes(client, 5), 'hello')
      const late = await fixture.dial(port)
      late.write('hello')
      assert.equal(await readBytes(late, 5), 'hello')
    })

    it('serves connections that waited no faster than the rate allows', async () => {
      fixture.host.hold()
      const port = await fixture.start({ connectRate: { amount: 1, intervalMs: 150 } })
      for (let count = 0; count < 3; count++) await fixture.dial(port)
      const startedMs = performance.now()
      fixture.host.serve()
      await fixture.connection(2)
      assert.ok(performance.now() - startedMs >= 290, 'two of three waited 150 ms each')
    })

    it('refuses connections above the rate when too many wait', async () => {
      const connectRate = { amount: 1, intervalMs: 3_600_000 }
      const port = await fixture.start({ connectRate, backlog: 8 })
      // One passes, eight wait.
      for (let count = 0; count < 9; count++) await fixture.dial(port)
      for (let count = 0; count < 3; count++) await closed(await fixture.dial(port))
      assert.equal(fixture.connections.length, 1)
      assert.equal(fixture.host.counts()['tcp:default']?.closed.connect_rate, 3)
      await fixture.host.stop('tcp:default')
    })

    it('cuts a connection that takes nothing for send_timeout, and tells the core', async () => {
      const port = await fixture.start({ sendTimeoutMs: 400 })
      const client = await fixture.dial(port)
      client.pause()
      const connection = await fixture.connection(0)
      connection.wire.write([Buffer.alloc(16 << 20)], 16 << 20)
      await connection.until(() => connection.endings.length > 0)
      assert.deepEqual(connection.endings, ['send_timeout'])
      assert.match(String((await fixture.line('send_timeout')).fields['detail']), /bytes/)
    })

    it('does not cut a connection that reads slowly but steadily', async () => {
      const port = await fixture.start({ sendTimeoutMs: 400 })
      const client = await fixture.dial(port)
      const connection = await fixture.connection(0)
      const total = 24 << 20
      connection.wire.write([Buffer.alloc(total)], total)
      const startedMs = performance.now()
      for (let read = 0; read < total; read += 2 << 20) {
        await readBytes(client, 2 << 20)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      assert.ok(performance.now() - startedMs > 1000)
      assert.deepEqual(connection.endings, [])
    })

    it('can be stopped, which ends its connections, and started again', async () => {
      const port = await fixture.start({})
      const client = await fixture.dial(port)
      const connection = await fixture.connection(0)
      assert.equal(await fixture.host.stop('tcp:default'), true)
      await closed(client)
      await connection.until(() => connection.endings.length > 0)
      assert.equal(await fixture.host.stop('tcp:default'), false)
      assert.equal(await fixture.start({ port }), port)
      await fixture.dial(port)
      await fixture.connection(1)
    })

    it('keeps connections when only its port is closed', async () => {
      const port = await fixture.start({})
      const client = await fixture.dial(port)
      await fixture.connection(0)
      await fixture.host.closePorts()
      client.write('still')
      assert.equal(await readBytes(client, 5), 'still')
      await assert.rejects(fixture.dial(port), { code: 'ECONNREFUSED' })
    })

    it('says which port is in use and what to do', async () => {
      const port = await fixture.start({})
      await assert.rejects(fixture.start({ id: 'tcp:other', port }), {
        code: 'EADDRINUSE',
        message: new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another program uses`),
      })
      await assert.rejects(fixture.start({ id: 'tcp:far', host: '192.0.2.1' }), {
        code: 'EADDRNOTAVAIL',
        message: /set an address of this host/i,
      })
      await assert.rejects(fixture.start({}), /runs already/)
      assert.deepEqual(Object.keys(fixture.host.counts()), ['tcp:default'])
    })

    it('lets two threads share a port', async () => {
      const other = new HostFixture({ handleTools })
      const port = await fixture.start({ reusePort: true })
      assert.equal(await other.start({ reusePort: true, port }), port)
      for (let count = 0; count < 64; count++) await fixture.dial(port)
      await Promise.all([fixture.connection(0), other.connection(0)])
      await other.close()
    })

    it('logs one refusal a minute and counts the others', async () => {
      let nowMs = 0
      fixture = new HostFixture({ handleTools, nowMs: () => nowMs })
      const port = await fixture.start({ connectionsMax: 0 })
      const refusals = (): number =>
        fixture.host.counts()['tcp:default']?.closed.max_connections ?? 0
      for (let count = 1; count <= 3; count++) await closed(await fixture.dial(port))
      nowMs = 60_000
      await closed(await fixture.dial(port))
      assert.equal(refusals(), 4)
      const lines = fixture.lines.filter(({ fields }) => fields['reason'] === 'max_connections')
      assert.deepEqual(
        lines.map(({ fields }) => fields['suppressed']),
        [undefined, 2],
      )
    })
  })
}

describe('PROXY protocol on a TCP listener', () => {
  for (const [name, handleTools] of PATHS) {
    const options = { ...listenerOptions, proxyProtocol: true, proxyTimeoutMs: 300 }
    let fixture = new HostFixture({ handleTools })

    afterEach(async () => {
      await fixture.close()
      fixture = new HostFixture({ handleTools })
    })

    it(`gives the core the address of the client and what follows (${name})`, async () => {
      const client = await fixture.dial(await fixture.start(options))
      client.write('PROXY TCP4 192.0.2.7 192.0.2.1 40000 1883\r\nhello')
      assert.equal(await readBytes(client, 5), 'hello')
      const { wire } = await fixture.connection(0)
      assert.equal(wire.info.peerHost, '192.0.2.7')
      assert.equal(wire.info.peerPort, 40_000)
    })

    it(`takes the header byte by byte (${name})`, async () => {
      const client = await fixture.dial(await fixture.start({ ...options, proxyTimeoutMs: 5000 }))
      client.setNoDelay(true)
      const header = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c00002019c40075b', 'hex')
      for (const byte of header) {
        client.write(Buffer.from([byte]))
        await new Promise((resolve) => setImmediate(resolve))
      }
      client.write('x')
      assert.equal(await readBytes(client, 1), 'x')
      const { wire } = await fixture.connection(0)
      assert.equal(wire.info.peerHost, '192.0.2.7')
    })

    it(`closes a connection whose header does not come (${name})`, async () => {
      const client = await fixture.dial(await fixture.start(options))
      client.write('PROXY TCP4')
      await closed(client)
      await fixture.line('proxy_timeout')
      assert.equal(fixture.connections.length, 0)
    })

    it(`closes a connection that begins with something else (${name})`, async () => {
      const client = await fixture.dial(await fixture.start(options))
      client.write(Buffer.from([0x10, 0x0c]))
      await closed(client)
      assert.match(String((await fixture.line('proxy_malformed')).fields['detail']), /PROXY/)
    })

    it(`leaves a health check the address of the proxy (${name})`, async () => {
      const client = await fixture.dial(await fixture.start(options))
      client.write(Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'))
      const { wire } = await fixture.connection(0)
      assert.equal(wire.info.peerHost, LOOPBACK)
    })

    it(`forgets a connection that ends before its header (${name})`, async () => {
      const client = await fixture.dial(await fixture.start(options))
      client.end('PROXY')
      await closed(client)
    })
  }
})
