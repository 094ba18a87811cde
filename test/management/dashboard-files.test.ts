/** The pages of the dashboard as a browser gets them. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { fastify } from 'fastify'
import { ApiError } from '#management/http/api-error.ts'
import { addDashboard } from '#management/http/dashboard-files.ts'

const SCRIPT = 'console.log("tideway")'

function makeServer(context: TestContext, isBuilt: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-pages-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const dist = join(folder, 'dist')
  mkdirSync(join(dist, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'secret'), 'secret')
  if (isBuilt) writeFileSync(join(dist, 'index.html'), '<title>Tideway</title>')
  writeFileSync(join(dist, 'assets/a-1.js'), SCRIPT)
  writeFileSync(join(dist, 'assets/a-1.js.br'), brotliCompressSync(SCRIPT))
  const server = fastify()
  server.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof ApiError ? error.status : 500).send(),
  )
  addDashboard(server, dist)
  context.after(async () => server.close())
  return server
}

test('the first page is served for every address inside the dashboard', async (context) => {
  const server = makeServer(context, true)
  for (const url of ['/', '/clients', '/clients/some%2Fclient', '/index.html']) {
    const { statusCode, headers, body } = await server.inject({ url })
    assert.deepEqual([statusCode, body], [200, '<title>Tideway</title>'], url)
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    assert.match(String(headers['content-security-policy']), /default-src 'self'/)
  }
})

test('scripts come compressed to those who take it, and may be kept for ever', async (context) => {
  const server = makeServer(context, true)
  const plain = await server.inject({ url: '/assets/a-1.js' })
  assert.equal(plain.body, SCRIPT)
  assert.match(String(plain.headers['cache-control']), /immutable/)
  const headers = { 'accept-encoding': 'gzip, deflate, br' }
  const small = await server.inject({ url: '/assets/a-1.js', headers })
  assert.equal(small.headers['content-encoding'], 'br')
  assert.deepEqual(small.rawPayload, brotliCompressSync(SCRIPT))
})

test('nothing outside of the folder is served, and no page for API paths', async (context) => {
  const server = makeServer(context, true)
  for (const url of ['/assets/../../secret', '/assets/%2e%2e/%2e%2e/secret', '/assets/none.js']) {
    const { statusCode, body } = await server.inject({ url })
    assert.ok(statusCode === 404 || body.startsWith('<title>'), url)
    assert.doesNotMatch(body, /secret/)
  }
  assert.equal((await server.inject({ url: '/api/v5/none' })).statusCode, 404)
})

test('pages that were not built are missed with a reason', async (context) => {
  const { statusCode, body } = await makeServer(context, false).inject({ url: '/' })
  assert.equal(statusCode, 503)
  assert.match(body, /npm start/)
})
