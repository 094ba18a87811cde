import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONNECTORS } from '#integrations/catalog.ts'

/** Sinks that keep the promises of all sinks elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  azure_event_hub_producer: 'kafka_producer with other keys; kafka.test.ts has these',
  confluent_producer: 'kafka_producer with other keys; kafka.test.ts has these',
  disk_log: 'it has no server; disk-log.test.ts and rotating-file.test.ts',
  mqtt: 'mqtt.test.ts has Mosquitto killed; every-kind.test.ts another node',
}

/** A call of the kit, a case for it, or a list of types that one case is run for. */
const CASE =
  /(?:testSink\(\{|Case<?\w*>? = \{|^ {2}\{)\n +type: '(\w+)',|of \['(\w+)', '(\w+)'\]\) testSink/gm

const cases = globSync(['*.test.ts', 'support/sink-cases.ts'], { cwd: import.meta.dirname })
  .map((path) => readFileSync(join(import.meta.dirname, path), 'utf8'))
  .filter((text) => /testSink\(|SinkCase/.test(text))
  .flatMap((text) => [...text.matchAll(CASE)])
  .flatMap(([, ...types]) => types)

test('every sink of the catalogue is tested for what all sinks promise', () => {
  for (const { description, sink } of CONNECTORS) {
    if (sink === undefined) continue
    const { type } = description
    assert.equal(cases.includes(type), ELSEWHERE[type] === undefined, type)
  }
})
