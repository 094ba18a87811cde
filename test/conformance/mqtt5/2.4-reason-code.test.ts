import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'

const SRC = new URL('../../../src/', import.meta.url)

/** Codes that the broker never sends, and why; docs/mqtt.md says it to users. */
const NEVER_SENT: Readonly<Partial<Record<keyof typeof ReasonCode, string>>> = {
  GRANTED_QOS_0: 'the QoS of the filter is the code',
  GRANTED_QOS_1: 'the QoS of the filter is the code',
  GRANTED_QOS_2: 'the QoS of the filter is the code',
  DISCONNECT_WITH_WILL_MESSAGE: 'only clients send it',
  USE_ANOTHER_SERVER: 'a node knows no other one',
  SERVER_MOVED: 'a node knows no other one',
  SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED: 'they are always supported',
}

test('every reason code has a place where it is sent, or a reason why not', () => {
  const files = ['broker', 'access', 'listeners', 'codec'].flatMap((folder) => {
    return globSync(`${folder}/**/*.ts`, { cwd: SRC })
  })
  const isProducer = (file: string): boolean =>
    !file.endsWith('.test.ts') && !file.endsWith('reason-codes.ts')
  const sent = new Set<string>()
  for (const file of files.filter(isProducer)) {
    const text = readFileSync(new URL(file, SRC), 'utf8')
    for (const [, name = ''] of text.matchAll(/\bReasonCode\.([A-Z0-9_]+)/gu)) sent.add(name)
  }
  const unsent = Object.keys(ReasonCode).filter((name) => !sent.has(name))
  assert.deepEqual(unsent.toSorted(), Object.keys(NEVER_SENT).toSorted())
})
