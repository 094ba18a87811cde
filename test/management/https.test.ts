/** The REST API over HTTPS. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { it } from 'node:test'
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
