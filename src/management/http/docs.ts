import type { FastifyInstance } from 'fastify'
import { API_PREFIX } from '../contract/common.ts'
import { openApi } from '../contract/openapi.ts'
import type { OperationSpec } from '../contract/operation.ts'
import type { Route } from './route.ts'

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
}

/** Serves the description of the API: for programs as OpenAPI, for people as a page. */
export function addDocs(server: FastifyInstance, routes: readonly Route[], version: string): void {
  const operations = routes.map(({ operation }) => operation)
  const document = JSON.stringify(openApi(operations, version))
  const page = renderPage(operations, version)
  server.get('/api-docs/swagger.json', (_request, reply) => {
    return reply.header('content-type', 'application/json; charset=utf-8').send(document)
  })
  for (const path of ['/api-docs', '/api-docs/index.html']) {
    server.get(path, (_request, reply) => reply.headers(PAGE_HEADERS).send(page))
  }
}

function renderPage(operations: readonly OperationSpec[], version: string): string {
  const tags = [...new Set(operations.map(({ tag }) => tag))].toSorted()
  const sections = tags.map((tag) => {
    const rows = operations.filter((operation) => operation.tag === tag).map(renderRow)
    return `<h2>${escape(tag)}</h2>\n<table>\n${rows.join('\n')}\n</table>`
  })
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tideway REST API</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto }
  td { padding: .2rem .8rem .2rem 0; vertical-align: top }
  code { font-size: .9em }
</style>
<h1>Tideway REST API ${escape(version)}</h1>
<p>For programs: <a href="/api-docs/swagger.json">OpenAPI 3.1</a>.
Paths are below <code>${API_PREFIX}</code>.</p>
${sections.join('\n')}
</html>
`
}

function renderRow({ method, path, summary, permission }: OperationSpec): string {
  const cells = [`<code>${method}</code>`, `<code>${escape(path)}</code>`, escape(summary)]
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}<td>${permission}</td></tr>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
