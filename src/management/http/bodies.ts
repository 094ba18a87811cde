import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UploadedFile } from '../contract/operation.ts'
import { ApiError, badRequest } from './api-error.ts'

type Done = (error: Error | null, value?: unknown) => void

const MULTIPART = 'multipart/form-data'

/**
 * Bodies that the server understands: JSON, which may be absent whatever the header says, text for
 * operations that take it, and forms with one file.
 */
export function acceptBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (request, body, done: Done) => {
      const written = body.toString()
      if (takesFile(request)) return done(null, new UploadedFile('', Buffer.from(written)))
      if (written.trim() === '') return done(null, undefined)
      try {
        done(null, JSON.parse(written))
      } catch (error) {
        // The message of the parser shows part of the body, and this one is kept in the audit.
        const place = /at position \d+(?: \(line \d+ column \d+\))?/.exec(String(error))?.[0]
        const end = String(error).includes('Unexpected end') ? ': it ends too early' : ''
        const where = place === undefined ? end : ` ${place}`
        done(new ApiError(400, 'BAD_REQUEST', `body is not JSON${where}.`))
      }
    },
  )
  server.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done: Done) =>
    done(null, body.toString()),
  )
  server.addContentTypeParser(
    MULTIPART,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => fileOf(request, body),
  )
}

function takesFile(request: FastifyRequest): boolean {
  return request.routeOptions.config.operation?.bodyType === MULTIPART
}

/** The file of a form (RFC 7578), whatever its field is called. */
async function fileOf(request: FastifyRequest, body: Buffer): Promise<UploadedFile> {
  const type = request.headers['content-type'] ?? MULTIPART
  let form: FormData
  try {
    form = await new Response(body, { headers: { 'content-type': type } }).formData()
  } catch {
    throw badRequest('body is not a well-formed multipart/form-data.')
  }
  for (const [, value] of form) {
    if (typeof value === 'string') continue
    return new UploadedFile(value.name, new Uint8Array(await value.arrayBuffer()))
  }
  throw badRequest('body has no file: send one as the field `filename`.')
}
