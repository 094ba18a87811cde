import { createHash, createHmac } from 'node:crypto'

/** Who asks. */
export interface AwsLogin {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
}

/** A request to be signed. */
export interface AwsRequest {
  readonly method: string
  readonly host: string
  /** Path as it is sent: encoded once. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Text as it stands in paths and queries (RFC 3986): fewer characters stand for themselves. */
export function encodeAws(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  })
}

/** A query, in the order in which it is signed. */
export function queryText(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encodeAws(name)}=${encodeAws(value)}`)
    .toSorted()
    .join('&')
}

/**
 * Signs a request by AWS Signature Version 4.
 * @returns all headers that are sent, `host` excepted
 */
export function signAws(
  request: AwsRequest,
  login: AwsLogin,
  now: Date,
): Readonly<Record<string, string>> {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const hash = sha256(request.body)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value
  headers['x-amz-content-sha256'] = hash
  headers['x-amz-date'] = time
  const signed = Object.entries({ ...headers, host: request.host }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    request.path,
    queryText(request.query),
    ...signed.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    hash,
  ].join('\n')
  const scope = [time.slice(0, 8), login.region, login.service, 'aws4_request']
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n')
  let key: string | Buffer = `AWS4${login.secretAccessKey}`
  for (const part of scope) key = hmac(key, part)
  const signature = hmac(key, text).toString('hex')
  const credential = `${login.accessKeyId}/${scope.join('/')}`
  const parts = `Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${parts}` }
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
