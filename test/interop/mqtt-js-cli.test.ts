/** The command line of MQTT.js. */
import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BrokerProcess } from './broker-process.ts'
import { Program } from './program.ts'

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const MQTT = join(ROOT, 'node_modules', 'mqtt', 'build', 'bin', 'mqtt.js')

describe('the command line of MQTT.js', () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start()
  })
  after(() => broker.remove())

  function run(command: 'publish' | 'subscribe', args: readonly string[]): Program {
    const port = String(broker.port('tcp:default'))
    return new Program(process.execPath, [MQTT, command, '-h', 'localhost', '-p', port, ...args])
  }

  test('publishes and subscribes, keeps sessions and retained messages', async () => {
    const session = ['-i', 'js-cli', '--no-clean', '-q', '1', '-v', '-t', 'js-cli/#']
    await run('publish', ['-q', '1', '-r', 'js-cli/kept', 'first']).succeeded()
    const first = run('subscribe', session)
    await first.line(/^js-cli\/kept first$/)
    await first.kill()
    await run('publish', ['-q', '1', 'js-cli/away', 'second']).succeeded()
    await broker.kill()
    await broker.start()
    const back = run('subscribe', session)
    await back.line(/^js-cli\/away second$/)
    await back.kill()
  })

  test('a will is sent when the command is killed', async () => {
    const watcher = run('subscribe', ['-v', '-t', 'js-cli-will', '-t', 'js-cli-ready'])
    const will = ['--will-topic', 'js-cli-will', '--will-message', 'gone']
    const victim = run('subscribe', ['-t', 'js-cli-ready', ...will])
    // Retained, so that neither subscriber can come too late for it.
    await run('publish', ['-q', '1', '-r', 'js-cli-ready', 'x']).succeeded()
    await Promise.all([watcher.line(/^js-cli-ready x$/), victim.line(/^x$/)])
    await victim.kill()
    assert.equal(await watcher.line(/^js-cli-will/), 'js-cli-will gone')
    await watcher.kill()
  })
})
