/** The stand-in is spoken to by a client that none of its authors wrote: kcat, over librdkafka. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { isInstalled, needsPackage } from '../../needs-package.ts'
import { KAFKA_LOGIN, startKafkaFake } from './kafka-fake.ts'

const LIMIT_MS = 60_000

function login(mechanism: string): readonly string[] {
  const { username, password } = KAFKA_LOGIN
  const settings = [
    'security.protocol=SASL_PLAINTEXT',
    `sasl.mechanisms=${mechanism}`,
    `sasl.username=${username}`,
    `sasl.password=${password}`,
  ]
  return settings.flatMap((setting) => ['-X', setting])
}

/** Runs kcat with something to read; what it wrote. */
async function kcat(input: string, ...args: readonly string[]): Promise<string> {
  const child = spawn('kcat', args, { timeout: LIMIT_MS })
  const parts: Buffer[] = []
  const said: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => parts.push(part))
  child.stderr.on('data', (part: Buffer) => said.push(part))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  assert.equal(code, 0, Buffer.concat(said).toString())
  return Buffer.concat(parts).toString()
}

suite('the stand-in for Kafka', needsPackage('kcat', isInstalled('kcat')), () => {
  for (const [mechanism, codec] of [
    ['PLAIN', 'none'],
    ['SCRAM-SHA-256', 'gzip'],
    ['SCRAM-SHA-512', 'snappy'],
  ] as const) {
    test(`serves kcat: ${mechanism}, ${codec}`, async (context) => {
      const server = await startKafkaFake({ topics: { t: 1 }, login: KAFKA_LOGIN })
      context.after(() => server.remove())
      const common = ['-b', `127.0.0.1:${server.port}`, '-t', 't', ...login(mechanism)]
      const lines = Array.from({ length: 50 }, (_, index) => `k${index}:value ${index % 7}`)
      const input = lines.map((line) => `${line}\n`).join('')
      await kcat(input, '-P', '-K:', '-z', codec, ...common)
      assert.deepEqual(
        server.records('t').map(({ key, value }) => `${key}:${value}`),
        lines,
      )
      assert.equal(await kcat('', '-C', '-e', '-q', '-K:', '-o', 'beginning', ...common), input)
    })
  }

  test('leads a group of kcat, and keeps its place', async (context) => {
    const server = await startKafkaFake({ topics: { t: 2 } })
    context.after(() => server.remove())
    const common = ['-b', `127.0.0.1:${server.port}`]
    const group = ['-G', 'g', '-e', '-q', '-X', 'auto.offset.reset=earliest', 't']
    await kcat('a\nb\n', '-P', '-t', 't', ...common)
    const { stdout } = await promisify(execFile)('kcat', [...common, ...group])
    assert.deepEqual(stdout.trim().split('\n').toSorted(), ['a', 'b'])
    await kcat('c\n', '-P', '-t', 't', ...common)
    assert.equal((await promisify(execFile)('kcat', [...common, ...group])).stdout, 'c\n')
  })
})
