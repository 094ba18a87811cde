/** Sinks that speak HTTP, against stand-ins that take what documents describe. */
import type { Plain } from '#config/hocon/value.ts'
import {
  launchHttp,
  type LocalServer,
  type ReceivedRequest,
} from '../support/servers/local-server.ts'
import { type SinkCase, testSink } from './support/sink-kit.ts'

/** A stand-in that remembers what was written. */
type StandIn = LocalServer & { readonly numbers: number[]; requests: number }

interface HttpCase {
  readonly type: string
  /** @param login user and password, or a token */
  readonly connector: (port: number, login: string) => Plain
  readonly parameters: Plain
  /** Method and path of the requests that write. */
  readonly write: RegExp
  /** Each number that was written, in its first group. */
  readonly number: RegExp
  /** The body of good answers. */
  readonly answer?: string
  /** Name and value of the header that lets in; none: everybody is. */
  readonly login?: readonly [name: string, value: string]
  /** A request takes a batch. */
  readonly batches: boolean
}

const USER = 'u'
const PASSWORD = 'secret'
const BASIC = [
  'authorization',
  `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`,
] as const

async function startStandIn(one: HttpCase): Promise<StandIn> {
  const numbers: number[] = []
  const server = await launchHttp((request, response) => {
    if (!isLetIn(one, request)) {
      response.statusCode = 401
      response.end('no')
      return
    }
    if (one.write.test(`${request.method} ${request.url}`)) {
      const found = [...request.body.matchAll(one.number)].map(([, text]) => Number(text))
      numbers.push(...found)
      if (found.length > 0) standIn.requests++
    }
    response.end(one.answer ?? '')
  })
  const standIn: StandIn = Object.assign(server, { numbers, requests: 0 })
  return standIn
}

function isLetIn({ login }: HttpCase, { headers }: ReceivedRequest): boolean {
  return login === undefined || headers[login[0]] === login[1]
}

function caseOf(one: HttpCase): SinkCase<StandIn> {
  return {
    type: one.type,
    needs: {},
    start: () => startStandIn(one),
    connector: ({ port }) => one.connector(port, PASSWORD),
    parameters: one.parameters,
    numbers: ({ numbers }) => numbers,
    isOrdered: true,
    ...(one.batches && { requests: ({ requests }: StandIn) => requests }),
    ...(one.login !== undefined && {
      wrong: {
        keys: ({ port }) => one.connector(port, 'wrong'),
        reason: /401: no\. Check the user, password or token/,
      },
    }),
  }
}

const LINES = {
  parameters: { write_syntax: 'm n=${payload.n}i ${timestamp}' },
  number: / n=(\d+)i /g,
  batches: true,
}

const CASES: readonly HttpCase[] = [
  {
    type: 'http',
    connector: (port) => ({ url: `http://127.0.0.1:${port}` }),
    parameters: { body: '${payload.n}' },
    write: /^POST/,
    number: /^(\d+)$/g,
    batches: false,
  },
  {
    type: 'clickhouse',
    connector: (port, password) => ({ url: `http://127.0.0.1:${port}`, username: USER, password }),
    parameters: { sql: 'INSERT INTO t (n) VALUES (${payload.n})' },
    write: /^POST/,
    number: /\((\d+)\)/g,
    login: ['x-clickhouse-key', PASSWORD],
    batches: true,
  },
  {
    type: 'tdengine',
    connector: (port, password) => ({ server: `127.0.0.1:${port}`, username: USER, password }),
    parameters: { database: 'd', sql: 'INSERT INTO t VALUES (${timestamp}, ${payload.n})' },
    write: /^POST \/rest\/sql\/d$/,
    number: /, (\d+)\)/g,
    answer: '{"code":0}',
    login: BASIC,
    batches: true,
  },
  {
    type: 'elasticsearch',
    connector: (port, password) => ({
      server: `127.0.0.1:${port}`,
      authentication: { username: USER, password },
    }),
    parameters: { action: 'create', index: 'i', doc: '{"n": ${payload.n}}' },
    write: /^POST \/_bulk$/,
    number: /"n": ?(\d+)/g,
    answer: '{"errors":false}',
    login: BASIC,
    batches: true,
  },
  {
    type: 'opents',
    connector: (port) => ({ server: `http://127.0.0.1:${port}` }),
    parameters: { data: [{ metric: 'm', tags: '${tags}', value: '${payload.n}' }] },
    write: /^POST \/api\/put/,
    number: /"value":(\d+)/g,
    answer: '{}',
    batches: true,
  },
  {
    type: 'greptimedb',
    connector: (port, password) => ({ server: `127.0.0.1:${port}`, username: USER, password }),
    write: /^POST \/v1\/influxdb\/write/,
    login: BASIC,
    ...LINES,
  },
  {
    type: 'datalayers',
    connector: (port, password) => ({
      server: `127.0.0.1:${port}`,
      parameters: { database: 'd', username: USER, password },
    }),
    write: /^POST \/write/,
    login: BASIC,
    ...LINES,
  },
  {
    type: 'influxdb',
    connector: (port, token) => ({
      server: `127.0.0.1:${port}`,
      parameters: { influxdb_type: 'influxdb_api_v2', bucket: 'b', org: 'o', token },
    }),
    write: /^POST \/api\/v2\/write/,
    login: ['authorization', `Token ${PASSWORD}`],
    ...LINES,
  },
  {
    type: 'couchbase',
    connector: (port, password) => ({ server: `127.0.0.1:${port}`, username: USER, password }),
    parameters: { sql: 'INSERT INTO p (KEY, VALUE) VALUES (uuid(), ${payload.n})' },
    write: /^POST \/query\/service$/,
    number: /"args":\[(\d+)\]/g,
    answer: '{"status":"success"}',
    login: BASIC,
    batches: false,
  },
  {
    type: 'iotdb',
    connector: (port, password) => ({
      base_url: `http://127.0.0.1:${port}`,
      authentication: { username: USER, password },
    }),
    parameters: {
      device_id: 'root.${clientid}',
      data: [{ measurement: 'n', data_type: 'INT32', value: '${payload.n}' }],
    },
    write: /^POST \/rest\/v2\/insertRecords$/,
    number: /\[(\d+)\]/g,
    answer: '{"code":200}',
    login: BASIC,
    batches: true,
  },
]

for (const one of CASES) testSink(caseOf(one))
