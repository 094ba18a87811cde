import type { ServerResponse } from 'node:http'
import { launchHttp, type ReceivedRequest } from '../../support/servers/local-server.ts'
import {
  type AuthenticationRig,
  Connack,
  describeAuthentication,
  USERS,
} from './authentication-kit.ts'

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
