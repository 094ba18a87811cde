/** The recipes of docs/rules/recipes.md, run as they stand there. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { connectTo, inboxOf, startRules } from './support/rule-fixture.ts'

interface Recipe {
  readonly title: string
  readonly config: string
  readonly publish: readonly { readonly topic: string; readonly payload: Buffer }[]
  readonly receive: ReadonlyMap<string, unknown>
}

const PAGE = new URL('../../docs/rules/recipes.md', import.meta.url)

function readRecipes(): readonly Recipe[] {
  const [, ...sections] = readFileSync(PAGE, 'utf8').split(/^## /m)
  return sections.map((section) => {
    const blocks = [...section.matchAll(/```hocon\n(.*?)```/gs)]
    const messages = [
      ...section.matchAll(/^(publish|receive) `([^`]*)`( \(hex.*\))?\n\n```\w*\n(.*?)\n```/gms),
    ]
    return {
      title: section.slice(0, section.indexOf('\n')),
      config: blocks.map(([, text]) => text).join('\n'),
      publish: messages.flatMap(([, kind, topic = '', hex, text = '']) => {
        const payload = Buffer.from(text, hex === undefined ? 'utf8' : 'hex')
        return kind === 'publish' ? [{ topic, payload }] : []
      }),
      receive: new Map(
        messages.flatMap(([, kind, topic = '', , text = '']) => {
          return kind === 'receive' ? [[topic, JSON.parse(text) as unknown] as const] : []
        }),
      ),
    }
  })
}

const recipes = readRecipes()

test('there are five recipes at least', () => {
  assert.ok(recipes.length >= 5)
  assert.ok(recipes.every(({ publish, receive }) => publish.length > 0 && receive.size > 0))
})

for (const { title, config, publish, receive } of recipes) {
  test(title, async (context) => {
    const broker = await startRules(context, { config })
    const client = await connectTo(context, broker)
    const inbox = await inboxOf(client, '#')
    for (const { topic, payload } of publish) await client.publishAsync(topic, payload, { qos: 1 })
    const got = new Map<string, unknown>()
    while (got.size < receive.size) {
      const { topic, text } = await inbox()
      if (publish.some((message) => message.topic === topic)) continue
      assert.ok(receive.has(topic), `a message to ${topic}`)
      got.set(topic, JSON.parse(text))
    }
    assert.deepEqual(got, receive)
  })
}
