/** What the pages of docs/integrations say of keys and calls: made from the descriptions. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { object, type Field, type FieldSpec, type RawValue } from '#config/field.ts'
import type { IntegrationDescription } from '#config/fields/integrations/integration.ts'
import { INTEGRATIONS } from '#config/fields/integrations/integrations.ts'
import { groupsText } from '#config/reference.ts'

const FOLDER = 'docs/integrations'
const root = fileURLToPath(new URL('..', import.meta.url))
const BEGIN = /<!-- begin (\w+): made by npm run config:reference -->\n/
const PART = new RegExp(`${BEGIN.source}[^]*?<!-- end \\1 -->`, 'g')
const NAME = 'example'

/** A request of the worked example. */
export interface ExampleCall {
  readonly path: string
  readonly body: Readonly<Record<string, RawValue>>
}

/**
 * The pages with what is made in them; paths from the root of the repository. A page says where by
 * a pair of comments for each type.
 */
export function integrationPages(): readonly { readonly path: string; readonly text: string }[] {
  return pageNames().map((name) => {
    const path = `${FOLDER}/${name}`
    const text = readFileSync(join(root, path), 'utf8').replaceAll(PART, (part, type: string) => {
      const description = INTEGRATIONS.find((one) => one.type === type)
      return description === undefined ? part : madePart(description)
    })
    return { path, text }
  })
}

/** The types that a page tells of, by the name of its file. */
export function typesOnPages(): Readonly<Record<string, readonly string[]>> {
  const entries = pageNames().map((name) => {
    const text = readFileSync(join(root, FOLDER, name), 'utf8')
    return [name, [...text.matchAll(PART)].map(([, type = '']) => type)] as const
  })
  return Object.fromEntries(entries)
}

/** Requests that set up an integration, with the examples of its keys. */
export function exampleCalls(description: IntegrationDescription): readonly ExampleCall[] {
  const { type, connector, action, source } = description
  const named = { type, name: NAME }
  const keys = exampleOf(object(connector, { text: '' })) as ExampleCall['body']
  const calls: ExampleCall[] = [{ path: '/connectors', body: { ...named, ...keys } }]
  for (const [path, parameters] of [
    ['/actions', action],
    ['/sources', source],
  ] as const) {
    if (parameters === undefined) continue
    const body = { ...named, connector: NAME, parameters: exampleOf(parameters) ?? {} }
    calls.push({ path, body })
  }
  const out = { id: 'out', sql: 'SELECT * FROM "t/#"', actions: [`${type}:${NAME}`] }
  if (action !== undefined) calls.push({ path: '/rules', body: out })
  const args = { topic: 'in/${clientid}', payload: '${payload}' }
  const sql = `SELECT payload, '${type}' AS clientid FROM "$sources/${type}:${NAME}"`
  const into = { id: 'in', sql, actions: [{ function: 'republish', args }] }
  if (source !== undefined) calls.push({ path: '/rules', body: into })
  return calls
}

function pageNames(): readonly string[] {
  return readdirSync(join(root, FOLDER)).filter((name) => name.endsWith('.md'))
}

function madePart(description: IntegrationDescription): string {
  const { type, connector, action, source, text, proof, batchSize = 1 } = description
  const groups: (readonly [string, Field])[] = [
    [`connectors.${type}.<name>`, object(connector, { text: 'Keys of the connection.' })],
  ]
  if (action !== undefined) groups.push([`actions.${type}.<name>.parameters`, action])
  if (source !== undefined) groups.push([`sources.${type}.<name>.parameters`, source])
  const proven =
    proof === 'server'
      ? 'Tests run it against the real system.'
      : 'Tests run it against a stand-in, not against the real system.'
  const most = batchSize === 1 ? 'one record' : `${batchSize} records at most`
  const calls = exampleCalls(description).map(curl).join('\n')
  return `<!-- begin ${type}: made by npm run config:reference -->
${text} ${proven}${action === undefined ? '' : ` A request carries ${most} (\`batch_size\`).`}

\`\`\`bash
${calls}
\`\`\`

${groupsText(groups).trimEnd()}

Keys that all integrations have are in [configuration.md](../reference/configuration.md).
<!-- end ${type} -->`
}

function curl({ path, body }: ExampleCall): string {
  const json = JSON.stringify(body, null, 2).replaceAll("'", String.raw`'\''`)
  return `curl -u "$KEY:$SECRET" -H 'content-type: application/json' \\
  http://127.0.0.1:18083/api/v5${path} -d '${json}'`
}

/** What has to be written, and what has an example; undefined: nothing. */
function exampleOf(field: FieldSpec): RawValue | undefined {
  if (field.example !== undefined) return field.example
  if (field.kind === 'variant') return field.forms[0] && exampleOf(field.forms[0])
  if (field.kind === 'object') {
    const entries = Object.entries(field.fields).flatMap(([key, child]) => {
      const value = exampleOf(child)
      return value === undefined || key === 'ssl' ? [] : [[key, value] as const]
    })
    return entries.length === 0 ? undefined : Object.fromEntries(entries)
  }
  if (field.required !== true) return undefined
  if (field.kind === 'oneOf') return field.values[0]
  if (field.kind === 'list') return [exampleOf(field.item) ?? 'text']
  return field.default ?? field.kind
}
