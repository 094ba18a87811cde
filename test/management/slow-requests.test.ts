/** Requests that arrive slowly: those with a file have time. */
import assert from 'node:assert/strict'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { it } from 'node:test'
import { Type } from 'typebox'
import { empty, operation } from '#management/contract/operation.ts'
import { noContent, route } from '#management/http/route.ts'
import { makeServer, type ServerParts } from '#management/http/server.ts'

const common = {
  method: 'POST',
  tag: 'Test',
  summary: 'Takes a body.',
  permission: 'public',
} as const
const body = Type.Object({})
const replies = { 204: empty('Taken.') }
const small = operation({ ...common, id: 'small', path: '/small', body, replies })
const large = operation({ ...common, id: 'large', path: '/large', body, replies, bodyBytesMax: 9 })

it('a request that does not arrive in time is ended, one with a file goes on', async (t) => {
  const parts = {
    routes: [small, large].map((one) => route(one, () => noContent())),
    authenticator: { identify: () => ({ kind: 'nobody' }) },
    audit: { record() {} },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    localOnly: () => false,
    cors: false,
    connectionsMax: 10,
    arrival: { requestMsMax: 200, uploadMsMax: 600_000 },
  } as unknown as ServerParts // What a request without rights needs.
  const server = makeServer(parts)
  t.after(() => server.close())
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  const begin = (path: string): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    const head = `POST /api/v5${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`
    socket.write(`${head}content-length: 2\r\nconnection: close\r\n\r\n{`)
    return socket
  }
  const upload = begin('/large')
  const slow = begin('/small').resume()
  await new Promise((resolve) => slow.once('close', () => resolve(undefined)))
  upload.write('}')
  const chunks: Buffer[] = []
  for await (const chunk of upload) chunks.push(chunk as Buffer)
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1.1 204/)
})
