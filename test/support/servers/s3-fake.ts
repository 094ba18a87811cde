/**
 * A stand-in for S3, which Debian does not have: buckets by path or host, objects and uploads in
 * parts. It checks every signature (AWS Signature Version 4) and the checksum of every body.
 */
import { createHash, createHmac } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { launchHttp, type LocalServer, type ReceivedRequest } from './local-server.ts'

/** The access key that the service has. */
export const S3_LOGIN = {
  access_key_id: 'AKIATIDEWAY',
  secret_access_key: 's3-Secret/key+1',
} as const

/** A stored object. */
export interface S3Object {
  readonly body: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** In how many parts it came; 0: whole. */
  readonly parts: number
}

/** A running stand-in. */
export interface S3Fake extends Pick<LocalServer, 'port' | 'start' | 'kill' | 'remove'> {
  /** Objects by `bucket/key`. */
  readonly objects: ReadonlyMap<string, S3Object>
  readonly buckets: Set<string>
  /** Answers that are given instead of the right ones, one after the other. */
  readonly refusals: { readonly status: number; readonly code: string }[]
}

interface Upload {
  readonly headers: S3Object['headers']
  readonly parts: Map<number, string>
}

interface State {
  readonly objects: Map<string, S3Object>
  readonly buckets: Set<string>
  readonly uploads: Map<string, Upload>
  readonly refusals: { status: number; code: string }[]
}

const SCOPE = String.raw`([^/]+)/(\d{8})/([^/]+)/s3/aws4_request`
const AUTHORIZATION = new RegExp(
  `^AWS4-HMAC-SHA256 Credential=${SCOPE}, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$`,
)

/** Starts a stand-in on a free port. */
export async function startS3Fake(...buckets: readonly string[]): Promise<S3Fake> {
  const state: State = {
    objects: new Map(),
    buckets: new Set(buckets),
    uploads: new Map(),
    refusals: [],
  }
  const server = await launchHttp((request, response) => serve(request, response, state))
  return Object.assign(server, state)
}

function serve(request: ReceivedRequest, response: ServerResponse, state: State): void {
  const refusal = state.refusals.shift()
  if (refusal !== undefined) {
    refuse(response, refusal.status, refusal.code)
    return
  }
  const fault = faultOf(request)
  if (fault !== undefined) {
    refuse(response, 403, fault)
    return
  }
  const { pathname, searchParams } = new URL(request.url, 'http://s3')
  const inHost = /^([^.]+)\.localhost(?::|$)/.exec(request.headers.host ?? '')?.[1]
  const path = decodeURIComponent(pathname.slice(1))
  const name = inHost === undefined ? path : `${inHost}/${path}`
  const [bucket = ''] = name.split('/')
  if (name === '') {
    response.end('<ListAllMyBucketsResult></ListAllMyBucketsResult>')
    return
  }
  if (!state.buckets.has(bucket)) {
    refuse(response, 404, 'NoSuchBucket')
    return
  }
  store(name, searchParams, request, response, state)
}

function store(
  name: string,
  query: URLSearchParams,
  { method, headers, body }: ReceivedRequest,
  response: ServerResponse,
  { objects, uploads }: State,
): void {
  const id = query.get('uploadId') ?? ''
  const upload = uploads.get(id)
  if (method === 'PUT' && upload === undefined && id === '') {
    objects.set(name, { body, headers, parts: 0 })
    response.setHeader('etag', `"${md5(body)}"`).end()
  } else if (method === 'POST' && query.has('uploads')) {
    const made = `upload-${uploads.size}`
    uploads.set(made, { headers, parts: new Map() })
    const root = 'InitiateMultipartUploadResult'
    response.end(`<${root}><UploadId>${made}</UploadId></${root}>`)
  } else if (upload === undefined) refuse(response, 404, 'NoSuchUpload')
  else if (method === 'PUT') {
    upload.parts.set(Number(query.get('partNumber')), body)
    response.setHeader('etag', `"${md5(body)}"`).end()
  } else if (method === 'POST') {
    const named = [...body.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag>/g)]
    const parts = named.map(([, number, tag]) => {
      const part = upload.parts.get(Number(number))
      return part !== undefined && tag === `"${md5(part)}"` ? part : undefined
    })
    if (parts.includes(undefined)) {
      refuse(response, 400, 'InvalidPart')
      return
    }
    objects.set(name, { body: parts.join(''), headers: upload.headers, parts: parts.length })
    uploads.delete(id)
    response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
  } else {
    uploads.delete(id)
    response.writeHead(204).end()
  }
}

/** What is wrong with the signature of a request; undefined: nothing. */
function faultOf({ method, url, headers, body }: ReceivedRequest): string | undefined {
  const [, id, date, region, names, signature] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? []
  if (id !== S3_LOGIN.access_key_id) return 'InvalidAccessKeyId'
  const hash = String(headers['x-amz-content-sha256'])
  if (hash !== createHash('sha256').update(body).digest('hex')) return 'XAmzContentSHA256Mismatch'
  const [path = '', query = ''] = url.split('?')
  const pairs = query
    .split('&')
    .map((pair) => (pair === '' || pair.includes('=') ? pair : `${pair}=`))
  const lines = [method, path, pairs.toSorted().join('&')]
  for (const name of (names ?? '').split(';')) lines.push(`${name}:${String(headers[name])}`)
  const canonical = [...lines, '', names, hash].join('\n')
  const time = String(headers['x-amz-date'])
  const scope = [date ?? '', region ?? '', 's3', 'aws4_request']
  const digest = createHash('sha256').update(canonical).digest('hex')
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), digest].join('\n')
  const key = scope.reduce<string | Buffer>(
    (before, part) => createHmac('sha256', before).update(part).digest(),
    `AWS4${S3_LOGIN.secret_access_key}`,
  )
  const right = createHmac('sha256', key).update(text).digest('hex')
  return right === signature ? undefined : 'SignatureDoesNotMatch'
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status)
  response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so it is</Message></Error>`,
  )
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}
