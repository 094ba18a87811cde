/** `http`: requests to HTTP servers, webhooks. */
import { duration, int, map, object, oneOf, string } from '../../field.ts'
import { clientSsl, poolSize, timeoutKey } from '../backends/connection.ts'
import { describeIntegration } from './integration.ts'

const HEADERS_MAX = 100
const PIPELINING_MAX = 1000

function checkUrl(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/.test(text) || !URL.canParse(text)) {
    return 'must be an address such as http://127.0.0.1:8080/path, without a user and a query'
  }
  return undefined
}

const headerText = string({ text: 'Value of the header; may hold places such as `${clientid}`.' })

export const http = describeIntegration({
  type: 'http',
  title: 'HTTP server',
  text: 'One request for each record, to a server such as a webhook.',
  proof: 'server',
  connector: {
    url: string({
      text: 'Address of the server, with the first part of the path.',
      required: true,
      example: 'http://127.0.0.1:8080/hooks',
      check: checkUrl,
    }),
    headers: map(headerText, {
      text: 'Headers of every request.',
      keyLabel: 'name',
      entriesMax: HEADERS_MAX,
      default: { accept: 'application/json', 'content-type': 'application/json' },
    }),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '15s'),
    pool_size: poolSize,
    enable_pipelining: int({
      text: 'Requests sent on one connection before the first is answered. GET and DELETE only.',
      min: 1,
      max: PIPELINING_MAX,
      default: 100,
    }),
    ssl: clientSsl,
  },
  action: object(
    {
      method: oneOf(['post', 'put', 'get', 'delete'], {
        text: 'Method of the request.',
        default: 'post',
      }),
      path: string({
        text:
          'Path and query after the address of the connector; may hold places. A value is one ' +
          'segment of the path: its slashes are encoded, as they are not in the query.',
        default: '',
        example: '/devices/${clientid}?at=${timestamp}',
      }),
      headers: map(headerText, {
        text: 'Headers of the request, over those of the connector.',
        keyLabel: 'name',
        entriesMax: HEADERS_MAX,
        default: {},
      }),
      body: string({
        text:
          'Body; may hold places. What is JSON but for them stays JSON, whatever the values are. ' +
          'Absent: the record as JSON. `get` and `delete` send none.',
        lines: true,
      }),
      request_timeout: duration({
        text: 'An answer that takes longer is not waited for.',
        min: 1,
        max: 2_147_483_647,
        default: '15s',
      }),
    },
    {
      text:
        'The request. Answers with 2xx are success; 408, 425, 429, 500, 502, 503 and 504, and no ' +
        'answer at all, are tried again; others fail the record.',
    },
  ),
})
