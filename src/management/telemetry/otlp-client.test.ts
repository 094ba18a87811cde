import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openOtlp } from './otlp-client.ts'

test('a collector that falls silent on a connection is asked on another one', async (t) => {
  const sessions: Http2Session[] = []
  const server = createServer()
  server.on('session', (session) => sessions.push(session))
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    stream.resume()
    // As a host that has gone: what was sent on the first connection is never answered.
    if (stream.session === sessions[0]) return
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }))
    stream.end(Buffer.alloc(5))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = openOtlp({
    endpoint: `http://127.0.0.1:${port}`,
    protocol: 'grpc',
    compression: 'none',
    headers: {},
    tls: undefined,
  })
  t.after(async () => {
    await client.close()
    for (const session of sessions) session.destroy()
    server.close()
  })
  const body = Buffer.from('x')
  const late = { kind: 'retryable', message: /does not answer within 50 ms/ }
  await assert.rejects(client.send('logs', body, 50), late)
  assert.equal((await client.send('logs', body, 60_000)).rejected, 0)
  assert.equal(sessions.length, 2)
})
