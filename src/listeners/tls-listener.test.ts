import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { connect, type ConnectionOptions, type SecureVersion, type TLSSocket } from 'node:tls'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import { makeHandleTools } from '#net/handle-wire.ts'
import { ReadBuffer } from '#net/read-buffer.ts'
import { loadTcpInternals } from '#net/tcp-internals.ts'
import type { ListenerOptions, TlsListenerOptions } from './listener-options.ts'
import {
  closed,
  HostFixture,
  LOOPBACK,
  readBytes,
  tlsOptions,
} from '../../test/listeners/listener-fixture.ts'

const internals = loadTcpInternals()
const handleTools = internals && makeHandleTools(internals, new ReadBuffer())

let folder: string
let tls: TlsListenerOptions
let ca: Buffer
let fixture = new HostFixture({ handleTools })

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideway-ssl-'))
  const made = ensureDevelopmentCertificates(folder, Date.now())
  ca = readFileSync(made.cacertfile)
  tls = tlsOptions(made.certfile, made.keyfile)
  makeClientCertificate('sensor', '/C=SE/O=Example/CN=sensor-1')
  makeClientCertificate('stranger', '/CN=stranger')
})

after(() => rmSync(folder, { recursive: true, force: true }))

afterEach(async () => {
  await fixture.close()
  fixture = new HostFixture({ handleTools })
})

function makeClientCertificate(name: string, subject: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)]
  const args = ['req', '-x509', ...key, ...files, '-subj', subject, '-days', '2']
  execFileSync('openssl', args, { stdio: 'ignore' })
}

function clientFiles(name: string): ConnectionOptions {
  const read = (kind: string): Buffer => readFileSync(join(folder, `${name}.${kind}`))
  return { cert: read('pem'), key: read('key') }
}

function start(
  change: Partial<TlsListenerOptions> = {},
  more: Partial<ListenerOptions> = {},
): Promise<number> {
  return fixture.start({ id: 'ssl:default', type: 'ssl', tls: { ...tls, ...change }, ...more })
}

function verifying(requirePeerCertificate: boolean): Partial<TlsListenerOptions> {
  const files = { ...tls.files, cacertfile: join(folder, 'sensor.pem') }
  return { files, verifyPeer: true, requirePeerCertificate }
}

async function dial(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: LOOPBACK, port, ca, servername: 'localhost', ...options })
  fixture.own(socket)
  await once(socket, 'secureConnect')
  return socket
}

describe('TLS listener', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] satisfies SecureVersion[]) {
    it(`speaks ${version}`, async () => {
      const port = await start()
      const client = await dial(port, { minVersion: version, maxVersion: version })
      assert.equal(client.getProtocol(), version)
      client.write('hello')
      assert.equal(await readBytes(client, 5), 'hello')
      const { wire } = await fixture.connection(0)
      assert.equal(wire.info.transport, 'ssl')
      assert.equal(wire.info.peerHost, LOOPBACK)
      assert.equal(wire.info.peerPort, client.localPort)
      assert.equal(wire.info.certCommonName, undefined)
    })
  }

  it('refuses TLS versions that are not offered', async () => {
    const port = await start({ files: { ...tls.files, versions: ['tlsv1.3'] } })
    await assert.rejects(dial(port, { maxVersion: 'TLSv1.2' }), /protocol version/)
    await fixture.line('tls_failed')
  })

  it('carries megabytes both ways, counts what waits and tells when it is sent', async () => {
    const client = await dial(await start())
    const connection = await fixture.connection(0)
    connection.echoes = false
    const block = Buffer.alloc(8 << 20, 'm')
    client.pause()
    assert.equal(connection.wire.write([block, Buffer.from('end')], block.length + 3), false)
    assert.equal(connection.wire.bufferedBytes, block.length + 3)
    let drained = 0
    connection.drained = () => {
      drained += 1
    }
    assert.ok((await readBytes(client, block.length + 3)).endsWith('mend'))
    client.write(block)
    await connection.until(() => connection.received.length === block.length)
    assert.equal(drained, 1)
    assert.equal(connection.wire.bufferedBytes, 0)
  })

  it('sends what waits before it ends a connection', async () => {
    const client = await dial(await start())
    const { wire } = await fixture.connection(0)
    wire.write([Buffer.from('good'), Buffer.from('bye')], 7)
    wire.end()
    assert.equal(await readBytes(client, 7), 'goodbye')
    await closed(client)
    await fixture.connections[0]?.until(() => fixture.connections[0]?.endings.length === 1)
  })

  it('says once that the peer has gone', async () => {
    const client = await dial(await start())
    const connection = await fixture.connection(0)
    client.end()
    await connection.until(() => connection.endings.length > 0)
    await closed(client)
    assert.equal(connection.endings.length, 1)
  })

  it('closes a connection that does not finish its handshake', async () => {
    const port = await start({ handshakeTimeoutMs: 200 })
    const client = await fixture.dial(port)
    client.write(Buffer.from([0x16, 0x03, 0x01]))
    await closed(client)
    assert.equal((await fixture.line('tls_failed')).fields['detail'], 'ERR_TLS_HANDSHAKE_TIMEOUT')
  })

  it('closes a connection that does not speak TLS', async () => {
    const client = await fixture.dial(await start())
    client.write(Buffer.from([0x10, 0x0c, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x02]))
    await closed(client)
    await fixture.line('tls_failed')
    assert.equal(fixture.connections.length, 0)
  })
})

describe('client certificates on a TLS listener', () => {
  it('knows the certificate of a client', async () => {
    const port = await start(verifying(true))
    await dial(port, clientFiles('sensor'))
    const { wire } = await fixture.connection(0)
    assert.equal(wire.info.certCommonName, 'sensor-1')
    assert.equal(wire.info.certSubject, 'C=SE,O=Example,CN=sensor-1')
    const { raw } = new X509Certificate(readFileSync(join(folder, 'sensor.pem')))
    assert.deepEqual(Buffer.from(wire.info.certificate ?? []), raw)
    assert.equal(wire.info.certMd5, createHash('md5').update(raw).digest('hex'))
  })

  it('refuses a client whose certificate cannot be verified', async () => {
    for (const required of [true, false]) {
      const port = await start(verifying(required), { id: `ssl:required-${required}` })
      const client = await dial(port, clientFiles('stranger'))
      await closed(client)
    }
    assert.equal(fixture.connections.length, 0)
    const { fields } = await fixture.line('tls_client_certificate')
    assert.equal(fields['detail'], 'DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  it('refuses a client without a certificate only if one is required', async () => {
    const strict = await start(verifying(true), { id: 'ssl:strict' })
    await closed(await dial(strict))
    const { fields } = await fixture.line('tls_failed')
    assert.equal(fields['detail'], 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
    const lenient = await start(verifying(false), { id: 'ssl:lenient' })
    await dial(lenient)
    const { wire } = await fixture.connection(0)
    assert.equal(wire.info.listener, 'ssl:lenient')
    assert.equal(wire.info.certCommonName, undefined)
  })
})

describe('files, sessions and PROXY headers of a TLS listener', () => {
  it('resumes a session on another thread with the same ticket keys', async () => {
    const other = new HostFixture({ handleTools: undefined })
    const first = await start()
    const second = await other.start({ id: 'ssl:default', type: 'ssl', tls })
    const client = await dial(first, { maxVersion: 'TLSv1.2' })
    const session = client.getSession()
    assert.ok(session !== undefined)
    const again = await dial(second, { maxVersion: 'TLSv1.2', session })
    assert.equal(again.isSessionReused(), true)
    await other.close()
  })

  it('reads a PROXY header before the handshake', async () => {
    const port = await start({}, { proxyProtocol: true })
    const raw = await fixture.dial(port)
    raw.write('PROXY TCP4 192.0.2.9 192.0.2.1 ')
    await new Promise((resolve) => setImmediate(resolve))
    raw.write('40001 8883\r\n')
    const client = connect({ socket: raw, ca, servername: 'localhost' })
    fixture.own(client)
    await once(client, 'secureConnect')
    client.write('hello')
    assert.equal(await readBytes(client, 5), 'hello')
    const { wire } = await fixture.connection(0)
    assert.equal(wire.info.peerHost, '192.0.2.9')
    assert.equal(wire.info.peerPort, 40_001)
  })

  it('reads a PROXY header that comes together with the handshake', async () => {
    const port = await start({}, { proxyProtocol: true })
    const raw = await fixture.dial(port)
    raw.cork()
    raw.write('PROXY TCP4 192.0.2.9 192.0.2.1 40001 8883\r\n')
    const client = connect({ socket: raw, ca, servername: 'localhost' })
    fixture.own(client)
    setImmediate(() => raw.uncork())
    await once(client, 'secureConnect')
    client.write('hello')
    assert.equal(await readBytes(client, 5), 'hello')
  })

  it('closes a connection whose PROXY header does not come', async () => {
    const port = await start({}, { proxyProtocol: true, proxyTimeoutMs: 200 })
    const client = await fixture.dial(port)
    await closed(client)
    await fixture.line('proxy_timeout')
    const other = await fixture.dial(port)
    other.write(Buffer.from([0x16, 0x03, 0x01]))
    await closed(other)
    await fixture.line('proxy_malformed')
    const gone = await fixture.dial(port)
    gone.end('PROXY ')
    await closed(gone)
  })

  it('says what is wrong with a certificate and does not start', async () => {
    const files = { ...tls.files, keyfile: join(folder, 'sensor.key') }
    await assert.rejects(start({ files }), /sensor\.key does not belong to certfile .*server\.pem/)
    assert.deepEqual(fixture.host.counts(), {})
  })

  it('takes changed files into use, and keeps the old ones when the new are broken', async () => {
    const other = join(folder, 'other')
    const made = ensureDevelopmentCertificates(other, Date.now())
    const files = { ...tls.files, certfile: join(folder, 'c.pem'), keyfile: join(folder, 'k.pem') }
    copyFileSync(tls.files.certfile, files.certfile)
    copyFileSync(tls.files.keyfile, files.keyfile)
    const port = await start({ files })
    fixture.host.reloadCertificates()
    assert.equal(fixture.lines.length, 0)
    writeFileSync(files.certfile, 'broken')
    fixture.host.reloadCertificates()
    assert.match(String(fixture.lines[0]?.fields['reason']), /c\.pem is not a PEM file/)
    await dial(port)
    copyFileSync(made.certfile, files.certfile)
    copyFileSync(made.keyfile, files.keyfile)
    fixture.host.reloadCertificates()
    await fixture.line('certificates_reloaded')
    await assert.rejects(dial(port), /unable to verify|signature/)
    await dial(port, { ca: readFileSync(made.cacertfile) })
  })
})
