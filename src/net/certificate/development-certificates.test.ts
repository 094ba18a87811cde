import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect, createServer, type Server } from 'node:tls'
import { promisify } from 'node:util'
import { ensureDevelopmentCertificates } from './development-certificates.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
const DAY_MS = 86_400_000
const run = promisify(execFile)

function openssl(...args: string[]): Promise<{ stdout: string }> {
  return run('openssl', args, { timeout: 20_000 })
}

describe('development certificates', () => {
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-certs-'))
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  it('are made once and kept', () => {
    const made = ensureDevelopmentCertificates(folder, NOW_MS)
    assert.equal(made.isNew, true)
    const bytes = readFileSync(made.certfile)
    const kept = ensureDevelopmentCertificates(folder, NOW_MS + 700 * DAY_MS)
    assert.deepEqual(kept, { ...made, isNew: false })
    assert.ok(readFileSync(made.certfile).equals(bytes))
  })

  it('keep private keys private', () => {
    for (const name of ['ca.key', 'server.key']) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
    }
  })

  it('are valid for this host, 825 days, under an authority of 10 years', () => {
    const authority = new X509Certificate(readFileSync(join(folder, 'ca.pem')))
    const server = new X509Certificate(readFileSync(join(folder, 'server.pem')))
    assert.equal(server.checkHost('localhost'), 'localhost')
    assert.equal(server.checkHost(hostname()), hostname())
    assert.equal(server.checkIP('127.0.0.1'), '127.0.0.1')
    assert.equal(server.checkIP('::1'), '::1')
    assert.equal(server.checkHost('example.org'), undefined)
    assert.ok(server.verify(authority.publicKey))
    assert.ok(server.checkIssued(authority))
    assert.equal(authority.ca, true)
    assert.equal(server.ca, false)
    const days = (a: Date, b: Date): number => (b.getTime() - a.getTime()) / DAY_MS
    assert.equal(days(server.validFromDate, server.validToDate), 825)
    assert.equal(days(new Date(NOW_MS), authority.validToDate), 3650)
  })

  it('are found right by openssl', async () => {
    const ca = join(folder, 'ca.pem')
    const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime']
    const seconds = String(NOW_MS / 1000)
    const { stdout } = await openssl(...strict, seconds, '-CAfile', ca, join(folder, 'server.pem'))
    assert.match(stdout, /server\.pem: OK/)
  })

  it('are renewed before they expire, under the same authority', () => {
    const authority = readFileSync(join(folder, 'ca.pem'))
    const renewed = ensureDevelopmentCertificates(folder, NOW_MS + 819 * DAY_MS)
    assert.equal(renewed.isNew, true)
    assert.ok(readFileSync(join(folder, 'ca.pem')).equals(authority))
    const server = new X509Certificate(readFileSync(renewed.certfile))
    assert.ok(server.validToDate.getTime() > NOW_MS + 1600 * DAY_MS)
  })

  it('are made anew when damaged, of another authority, or when the time is over', () => {
    writeFileSync(join(folder, 'server.key'), 'damaged')
    assert.equal(ensureDevelopmentCertificates(folder, NOW_MS).isNew, true)
    assert.equal(ensureDevelopmentCertificates(folder, NOW_MS).isNew, false)
    rmSync(join(folder, 'ca.key'))
    assert.equal(ensureDevelopmentCertificates(folder, NOW_MS).isNew, true)
    const authority = new X509Certificate(readFileSync(join(folder, 'ca.pem')))
    const server = new X509Certificate(readFileSync(join(folder, 'server.pem')))
    assert.ok(server.verify(authority.publicKey))
    assert.equal(ensureDevelopmentCertificates(folder, NOW_MS + 3645 * DAY_MS).isNew, true)
  })

  it('are made anew when they were made by a clock that was ahead', () => {
    assert.equal(ensureDevelopmentCertificates(folder, NOW_MS).isNew, true)
  })

  describe('with real TLS clients', () => {
    let server: Server

    before(async () => {
      const { certfile, keyfile } = ensureDevelopmentCertificates(folder, Date.now())
      const files = { cert: readFileSync(certfile), key: readFileSync(keyfile) }
      server = createServer(files, (socket) => socket.end('hello'))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    })

    after(() => server.close())

    function port(): number {
      return (server.address() as AddressInfo).port
    }

    it('are trusted by openssl s_client with the authority file', async () => {
      const ca = join(folder, 'ca.pem')
      const target = `127.0.0.1:${port()}`
      const args = ['-connect', target, '-CAfile', ca, '-verify_return_error']
      const { stdout } = await openssl('s_client', ...args, '-verify_hostname', 'localhost')
      assert.match(stdout, /Verify return code: 0 \(ok\)/)
    })

    it('are trusted by Node.js for a name and for an address', async () => {
      const ca = readFileSync(join(folder, 'ca.pem'))
      for (const servername of ['localhost', '']) {
        const socket = connect({ host: '127.0.0.1', port: port(), ca, servername })
        await once(socket, 'secureConnect')
        assert.equal(socket.authorized, true)
        socket.destroy()
      }
    })
  })
})
