/** Requests to HTTP servers. */
import { int, map, oneOf, string } from '../../field.ts'
import type { InferFields } from '../../field.ts'
import { clientSsl, poolSize, timeoutKey } from './connection.ts'

const HEADERS_MAX = 100
const BODY_ENTRIES_MAX = 100
const PIPELINING_MAX = 100
const PLACEHOLDER_IN_ORIGIN = /^[a-z]+:\/\/[^/?#]*\$\{/

/** Says what is wrong with the placeholders in a text. */
type Check = (text: string) => string | undefined

/** What is wrong with the address of a server, or undefined. */
function checkUrl(text: string): string | undefined {
  if (PLACEHOLDER_IN_ORIGIN.test(text)) return 'must have no placeholders in host and port'
  if (!/^https?:\/\/[^/?#\s@]+(?:[/?]\S*)?$/.test(text) || !URL.canParse(text)) {
    return 'must be an address such as http://127.0.0.1:8080/path, without a user'
  }
  return undefined
}

/** Connection to an HTTP server and the request that is sent. */
export function httpConnection<const D extends string>(
  standardTimeout: D,
  check: Check,
  example: Readonly<Record<string, string>>,
) {
  return {
    method: oneOf(['get', 'post'], {
      text: 'Method of the request. `get` sends `body` in the query.',
      required: true,
    }),
    url: string({
      text: 'Address of the server. Path and query may hold placeholders.',
      required: true,
      example: 'http://127.0.0.1:8080/auth',
      check: (text) => checkUrl(text) ?? check(text),
    }),
    headers: map(string({ text: 'Value of the header; may hold placeholders.', check }), {
      keyLabel: 'name',
      entriesMax: HEADERS_MAX,
      text:
        'Headers of the request, besides `accept: application/json`. A `content-type` of ' +
        '`application/x-www-form-urlencoded` sends the body as a form, else it is JSON.',
      default: {},
    }),
    body: map(string({ text: 'Value; may hold placeholders.', check }), {
      keyLabel: 'name',
      entriesMax: BODY_ENTRIES_MAX,
      text: 'What is sent: names and values.',
      default: {},
      example,
    }),
    pool_size: poolSize,
    enable_pipelining: int({
      text: 'Requests without a body sent on one connection before the first is answered.',
      min: 1,
      max: PIPELINING_MAX,
      default: 100,
    }),
    request_timeout: timeoutKey('A request that takes longer is given up.', standardTimeout),
    connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '15s'),
    ssl: clientSsl,
  } as const
}

/** The decoded keys. */
export type HttpConnectionConfig = InferFields<ReturnType<typeof httpConnection>>
