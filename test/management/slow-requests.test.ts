/** Requests that arrive slowly: those with a file have time. */
import assert from 'node:assert/strict'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { it, type TestContext } from 'node:test'
import { Type } from 'typebox'
import { empty, events, operation } from '#management/contract/operation.ts'
import { noContent, ok, type Route, route } from '#management/http/route.ts'
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

const stream = operation({
  ...common,
  method: 'GET',
  id: 'stream',
  path: '/stream',
  replies: { 200: events('What happens.', Type.String()) },
})

it('a request that does not arrive in time is ended, one with a file goes on', async (t) => {
  const port = await serve(
    t,
    [small, large].map((one) => route(one, () => noContent())),
  )
  const upload = begin(port, '/large')
  const slow = begin(port, '/small').resume()
  await new Promise((resolve) => slow.once('close', () => resolve(undefined)))
  upload.write('}')
  const chunks: Buffer[] = []
  for await (const chunk of upload) chunks.push(chunk as Buffer)
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1.1 204/)
})

it('a reply may take longer than a request without a body has to arrive', async (t) => {
  const { promise: isLate, resolve: late } = Promise.withResolvers<void>()
  async function* happenings(): AsyncGenerator<string> {
    yield 'first'
    await isLate
    yield 'last'
  }
  const taking = route(small, () => noContent())
  const port = await serve(t, [route(stream, () => ok(happenings())), taking])
  const response = await fetch(`http://127.0.0.1:${port}/api/v5/stream`)
  // Began later, so that the time of the stream is over as well.
  const slow = begin(port, '/small').resume()
  await new Promise((resolve) => slow.once('close', () => resolve(undefined)))
  late()
  assert.match(await response.text(), /"first"[^]*"last"/)
})

/** Serves routes that everybody may use, and gives the port. */
async function serve(t: TestContext, routes: readonly Route[]): Promise<number> {
  const parts = {
    routes,
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
  return (server.server.address() as AddressInfo).port
}

/** A request of which one byte is missing. */
function begin(port: number, path: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const head = `POST /api/v5${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`
  socket.write(`${head}content-length: 2\r\nconnection: close\r\n\r\n{`)
  return socket
}
