import { existsSync, globSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from './api-error.ts'

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
])
/** Names of these files change with their content. */
const FOR_EVER = 'public, max-age=31536000, immutable'
const SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  // The WebSocket client of the dashboard connects to whatever broker it is told.
  "connect-src 'self' ws: wss:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ')
const NOT_BUILT =
  'The pages of the dashboard are not there. `npm start` builds them; what kept it from doing so ' +
  'is in its output. The REST API works, see /api-docs.\n'

/**
 * Serves the built pages from a folder. Addresses inside the dashboard, which are no files, get its
 * first page. Only files that were there at the start are served, nothing else of the disk.
 */
export function addDashboard(server: FastifyInstance, folder: string): void {
  const files = new Set(
    globSync('**/*', { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile()),
  )
  if (!existsSync(join(folder, 'index.html'))) {
    server.get('/', (_request, reply) => reply.code(503).type('text/plain').send(NOT_BUILT))
    return
  }
  server.get('/*', async (request, reply) => {
    const path = (request.params as { '*': string })['*']
    if (path.startsWith('api/') || path.startsWith('api-docs')) {
      throw notFound(`There is nothing at GET /${path}.`)
    }
    const isAsset = path.startsWith('assets/')
    if (isAsset && !files.has(path)) throw notFound(`There is nothing at GET /${path}.`)
    const file = files.has(path) && !path.endsWith('.br') ? path : 'index.html'
    if (isAsset) reply.header('cache-control', FOR_EVER)
    return sendFile(request, reply, folder, file, files)
  })
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: string,
  file: string,
  files: ReadonlySet<string>,
): Promise<FastifyReply> {
  const takesBrotli = /\bbr\b/.test(request.headers['accept-encoding'] ?? '')
  const isSmall = takesBrotli && files.has(`${file}.br`)
  if (isSmall) reply.header('content-encoding', 'br')
  reply.header('vary', 'accept-encoding')
  reply.header('content-security-policy', SECURITY_POLICY)
  reply.header('content-type', TYPES.get(extname(file)) ?? 'application/octet-stream')
  return reply.send(await readFile(join(folder, isSmall ? `${file}.br` : file)))
}
