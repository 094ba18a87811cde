import type { ServerResponse } from 'node:http'
import { launchHttp, type ReceivedRequest } from '../../support/servers/local-server.ts'
import { exampleAuthenticator, exampleSource } from '../examples.ts'
import { Connack, describeAuthentication, QUICK, shared, USERS } from './authentication-kit.ts'
import { describeAuthorization } from './authorization-kit.ts'

const { query_timeout: request_timeout, connect_timeout, pool_size } = QUICK
const LIMITS = { request_timeout, connect_timeout, pool_size }

function handle(request: ReceivedRequest, response: ServerResponse): void {
  if (request.url.startsWith('/nonsense')) {
    response.setHeader('content-type', 'application/json').end('{"result": "yes"}')
    return
  }
  const { username, password } = JSON.parse(request.body) as Record<string, string>
  const user = USERS.find(({ name }) => name === username)
  if (user === undefined) {
    response.writeHead(404).end()
    return
  }
  const isRight = user.password === password
  response.setHeader('content-type', 'application/json')
  response.end(
    JSON.stringify({ result: isRight ? 'allow' : 'deny', is_superuser: user.isSuperuser }),
  )
}

/** Decides about topics as the rules of the others do. */
function decide(request: ReceivedRequest, response: ServerResponse): void {
  const query = new URL(request.url, 'http://server').searchParams
  if (request.url.startsWith('/nonsense')) {
    response.writeHead(500).end()
    return
  }
  const { topic = '', action, qos, retain, clientid, username } = Object.fromEntries(query)
  if (username !== 'ann') {
    response.writeHead(404).end()
    return
  }
  const fits =
    (topic.startsWith('up/') && action === 'publish' && qos !== '2') ||
    (topic.startsWith('kept/') && action === 'publish' && retain === 'true') ||
    (topic === `down/${clientid}/x` && action === 'subscribe') ||
    topic === 'both/+'
  if (fits) response.writeHead(204).end()
  else {
    const result = topic.startsWith('deny/') ? 'deny' : 'ignore'
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ result }))
  }
}

const rules = shared(() => launchHttp(decide))
const users = shared(() => launchHttp(handle))

describeAuthorization('HTTP', async () => {
  const server = await rules()
  const example = (path: string) =>
    exampleSource(
      { type: 'http' },
      { url: `http://${server.host}:${server.port}${path}`, ...LIMITS },
    )
  return { server, source: example('/acl?from=mqtt'), nonsense: example('/nonsense') }
})

describeAuthentication('HTTP', async () => {
  const server = await users()
  const example = (path: string) => {
    const url = `http://${server.host}:${server.port}${path}`
    return exampleAuthenticator({ backend: 'http' }, { url, ...LIMITS })
  }
  return {
    server,
    wrongPassword: Connack.UNKNOWN,
    authenticator: example('/auth'),
    nonsense: example('/nonsense'),
  }
})
