/** The REST API over HTTPS. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { connect } from 'node:tls'
import { Authority, type CertificatePair } from '../access/authority.ts'
import { startManaged } from './support/managed-broker.ts'

it('the REST API is served over TLS beside HTTP, with a certificate for trying out', async (t) => {
  const config = 'dashboard.listeners.https.bind = "127.0.0.1:0"'
  const managed = await startManaged({ config })
  t.after(() => managed.stop())
  const https = managed.addresses.find(({ id }) => id === 'https:dashboard')
  assert.ok(https)
  const ca = readFileSync(join(managed.broker.dataDir, 'certs', 'ca.pem'))
  const ask = async (path: string, options: object): Promise<number | undefined> => {
    const url = `https://127.0.0.1:${https.port}/api/v5${path}`
    const sent = request(url, { ca, agent: false, ...options }).end()
    const [response] = await once(sent, 'response')
    response.resume()
    return response.statusCode
  }
  const headers = { authorization: `Bearer ${managed.token}` }
  assert.equal(await ask('/nodes', { headers }), 200)
  assert.equal(await ask('/nodes', {}), 401)
  await assert.rejects(ask('/nodes', { ca: [] }), /certificate|self-signed|issuer/i)
  assert.equal((await managed.call('GET', '/nodes')).status, 200)
})

it('a changed certificate is taken into use, a broken one is not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-https-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const authority = new Authority(folder, 'own')
  const used = { certfile: join(folder, 'cert.pem'), keyfile: join(folder, 'key.pem') }
  const use = ({ certfile, keyfile }: CertificatePair): void => {
    copyFileSync(certfile, used.certfile)
    copyFileSync(keyfile, used.keyfile)
  }
  use(authority.issue('first', 'server', 'IP:127.0.0.1'))
  const https = { bind: '127.0.0.1:0', ssl_options: used }
  const config = `dashboard.listeners.https = ${JSON.stringify(https)}`
  const managed = await startManaged({ config })
  t.after(() => managed.stop())
  const port = managed.addresses.find(({ id }) => id === 'https:dashboard')?.port ?? 0
  const nameShown = async (): Promise<unknown> => {
    const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(authority.certfile) })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return subject.CN
  }
  assert.equal(await nameShown(), 'first')
  use(authority.issue('second', 'server', 'IP:127.0.0.1'))
  managed.management.reloadCertificates()
  assert.equal(await nameShown(), 'second')
  writeFileSync(used.keyfile, 'no key')
  managed.management.reloadCertificates()
  assert.equal(await nameShown(), 'second')
})
