/** The examples of docs/access-control.md as tests use them: only places and secrets differ. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { printValue } from '#config/hocon/print.ts'
import { parseHocon } from '#config/hocon/resolve.ts'
import { type ObjectNode, nodeAt, type Plain, toPlain } from '#config/hocon/value.ts'

const page = readFileSync(new URL('../../docs/access-control.md', import.meta.url), 'utf8')

type PlainObject = { readonly [key: string]: Plain }

/** The texts of all examples in a language, such as `hocon`. */
export function examples(language: string): readonly string[] {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')
  return [...page.matchAll(block)].map(([, text = '']) => text)
}

const configurations: readonly ObjectNode[] = examples('hocon').map((text) => {
  return parseHocon(text, 'docs/access-control.md')
})

/**
 * The one example of an authenticator with these keys, as text.
 * @param replaced what is different here, key by key
 */
export function exampleAuthenticator(keys: PlainObject, replaced: PlainObject = {}): string {
  return printValue({ ...theOneOf(['authentication'], keys), ...replaced })
}

/** The one example of a source of rules with these keys, as text. */
export function exampleSource(keys: PlainObject, replaced: PlainObject = {}): string {
  return printValue({ ...theOneOf(['authorization', 'sources'], keys), ...replaced })
}

/** The first example that has a key, as text, with other values for some keys of that object. */
export function exampleAt(path: string, replaced: PlainObject = {}): string {
  const [found] = configurations.flatMap((root) => nodeAt(root, path.split('.')) ?? [])
  assert.ok(found?.kind === 'object', `${path} has no example`)
  return `${path} ${printValue({ ...(toPlain(found) as PlainObject), ...replaced })}\n`
}

function theOneOf(path: readonly string[], keys: PlainObject): PlainObject {
  const lists = configurations.flatMap((root) => nodeAt(root, path) ?? [])
  const all = lists.flatMap((list) => toPlain(list) as unknown as PlainObject[])
  const found = all.filter((one) => contains(one, keys))
  assert.equal(found.length, 1, `examples of ${path.join('.')} with ${JSON.stringify(keys)}`)
  return found[0] ?? {}
}

function contains(value: Plain | undefined, wanted: Plain): boolean {
  if (!isObject(wanted)) return value === wanted
  return isObject(value) && Object.keys(wanted).every((key) => contains(value[key], wanted[key]!))
}

function isObject(value: Plain | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
