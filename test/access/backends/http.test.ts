import type { ServerResponse } from 'node:http'
import { launchHttp, type ReceivedRequest } from '../../support/servers/local-server.ts'
import {
  type AuthenticationRig,
  Connack,
  describeAuthentication,
  USERS,
} from './authentication-kit.ts'
import { describeAuthorization } from './authorization-kit.ts'

const LIMITS = 'request_timeout = 400ms, connect_timeout = 1s, pool_size = 4'

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

describeAuthorization('HTTP', async () => {
  const server = await launchHttp(decide)
  const names = ['topic', 'action', 'qos', 'retain', 'clientid', 'username']
  const body = names.map((name) => `${name} = "\${${name}}"`).join(', ')
  const keys = (path: string) => `type = http, method = get, ${LIMITS}, body { ${body} },
    url = "http://127.0.0.1:${server.port}${path}"`
  const remove = () => server.remove()
  return { server, remove, source: keys('/acl?from=mqtt'), nonsense: keys('/nonsense') }
})

async function start(): Promise<AuthenticationRig> {
  const server = await launchHttp(handle)
  const keys = (path: string) => `backend = http, method = post, ${LIMITS},
    url = "http://127.0.0.1:${server.port}${path}",
    body { username = "\${username}", password = "\${password}" }`
  return {
    server,
    remove: () => server.remove(),
    wrongPassword: Connack.UNKNOWN,
    authenticator: keys('/auth'),
    nonsense: keys('/nonsense'),
  }
}

describeAuthentication('HTTP', start)
