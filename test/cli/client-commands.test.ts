import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { RunningCommand, tideway } from './command.ts'

describe('tideway pub and sub', () => {
  let broker: TestBroker
  let at: readonly string[]
  before(async () => {
    broker = await startBroker({ shards: 1, config: 'retainer.delivery_rate = infinity' })
    at = ['-h', '127.0.0.1', '-p', String(broker.port('tcp:default'))]
  })
  after(async () => broker.stop())

  test('what is published retained is shown with its topic', async () => {
    const sent = await tideway(['pub', ...at, '-t', 'a/b', '-m', '{"t": 1}', '-q', '1', '-r'])
    assert.deepEqual(sent, { code: 0, stdout: '', stderr: '' })
    const shown = await tideway(['sub', ...at, '-t', 'a/#', '-C', '1', '--format', 'json'])
    assert.equal(shown.stdout, 'a/b {\n  "t": 1\n}\n')
  })

  test('one line of JSON has everything, properties included', async () => {
    const properties = ['--property', 'site=north', '--content-type', 'text/plain']
    await tideway(['pub', ...at, '-t', 'p/1', '-m', 'hello', '-r', ...properties])
    const { stdout } = await tideway(['sub', ...at, '-t', 'p/1', '-C', '1', '--json'])
    const { time, ...message } = JSON.parse(stdout) as Record<string, unknown>
    assert.ok(typeof time === 'string' && !Number.isNaN(Date.parse(time)))
    assert.deepEqual(message, {
      topic: 'p/1',
      qos: 0,
      retain: true,
      payload: 'hello',
      properties: { contentType: 'text/plain', userProperties: { site: 'north' } },
    })
  })

  test('lines of the input are messages, in order, and payloads are saved', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'tideway-cli-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'saved')
    const subscriber = new RunningCommand(
      ['sub', at, '-t', 'lines', '-q', '1', '-C', '3', '-v', '--save', file].flat(),
    )
    await subscriber.told('subscribed')
    await tideway(['pub', ...at, '-t', 'lines', '-q', '1', '-l', '--format', 'hex'], {
      input: '61\n62 62\n63\n',
    })
    assert.match(await subscriber.output(), /QoS 1\na\n.*QoS 1\nbb\n.*QoS 1\nc\n/s)
    assert.equal(readFileSync(file, 'utf8'), 'a\nbb\nc\n')
  })

  test('a request gets its answer', async () => {
    const responder = new RunningCommand(
      ['sub', at, '-t', 'questions', '-C', '1', '-v', '--reply', '{"answer":42}'].flat(),
    )
    await responder.told('subscribed')
    const asked = ['pub', ...at, '-t', 'questions', '-m', '?', '--request', '--format', 'text']
    assert.equal((await tideway(asked)).stdout, '{"answer":42}\n')
    await responder.output()
  })

  test('nobody answers a request: the command says so', async () => {
    const asked = ['pub', ...at, '-t', 'silence', '-m', '?', '--request', '--timeout', '1']
    const { code, stderr } = await tideway(asked)
    assert.equal(code, 1)
    assert.match(stderr, /no answer within 1 s/)
  })

  const wrong: readonly [string, readonly string[], RegExp][] = [
    ['QoS 3', ['-t', 'a', '-q', '3'], /QoS is 0, 1 or 2/],
    ['broken JSON', ['-t', 'a', '-m', '{', '--format', 'json'], /JSON/],
    ['odd hexadecimal digits', ['-t', 'a', '-m', 'abc', '--format', 'hex'], /not hexadecimal/i],
    ['two payloads', ['-t', 'a', '-m', 'x', '-s'], /give one of/],
    ['no topic', ['-m', 'x'], /--topic/],
    ['a topic with a wildcard', ['-t', 'a/#', '-m', 'x', '-q', '1'], /topic|closed/i],
  ]
  for (const [name, args, reason] of wrong) {
    test(`${name}: code 1 and a reason`, async () => {
      const { code, stderr } = await tideway(['pub', ...at, ...args])
      assert.equal(code, 1)
      assert.match(stderr, reason)
    })
  }

  test('a filter that the broker refuses: code 1 and its reason code', async () => {
    const { code, stderr } = await tideway(['sub', ...at, '-t', 'a/#/b', '-C', '1'])
    assert.equal(code, 1)
    assert.match(stderr, /refused|invalid|closed/i)
  })

  test('no broker: code 1 and where it was looked for', async () => {
    const { code, stderr } = await tideway(['pub', '-h', '127.0.0.1', '-p', '1', '-t', 'a'])
    assert.equal(code, 1)
    assert.match(stderr, /cannot connect to mqtt:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/)
  })
})
