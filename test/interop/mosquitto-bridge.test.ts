/** A Mosquitto broker that bridges to Tideway, in both directions. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsMosquitto, needsMosquittoClients } from './foreign.ts'
import { messages, Mosquitto } from './mosquitto.ts'
import { Program } from './program.ts'

/** Serves on a socket in the file system: two brokers on one host need no further port. */
function bridgeConfig(socket: string, port: number, version: string): string {
  return [
    'user root',
    `listener 0 ${socket}`,
    'allow_anonymous true',
    'connection tideway',
    `address 127.0.0.1:${port}`,
    `bridge_protocol_version ${version}`,
    `remote_clientid bridge-${version}`,
    'topic up/# out 2',
    'topic down/# in 2',
    'topic both/# both 1',
    'notification_topic bridge/state',
    'cleansession false',
    'restart_timeout 1',
    'log_type all',
    '',
  ].join('\n')
}

function received(program: Program): readonly string[] {
  const lines = program.lines.filter((line) => line.startsWith('=> '))
  return lines.map((line) => line.slice('=> '.length)).toSorted()
}

describe('a bridge of Mosquitto', { ...needsMosquitto(), ...needsMosquittoClients() }, () => {
  let broker: BrokerProcess
  let remote: Mosquitto
  before(async () => {
    broker = await BrokerProcess.start()
    remote = new Mosquitto(broker)
  })
  after(() => broker.remove())

  /** A Mosquitto that has connected its bridge, and its own clients. */
  async function startBridge(version: string): Promise<{ bridge: Program; local: Mosquitto }> {
    const socket = join(broker.folder, `${version}.sock`)
    const file = join(broker.folder, `${version}.conf`)
    writeFileSync(file, bridgeConfig(socket, broker.port('tcp:default'), version))
    const bridge = new Program('mosquitto', ['-c', file])
    await bridge.matches(/received SUBACK|Received SUBACK/, 2)
    return { bridge, local: new Mosquitto(socket) }
  }

  for (const version of ['mqttv311', 'mqttv50']) {
    test(`${version}: messages go both ways once, with their retain flag`, async () => {
      const { bridge, local } = await startBridge(version)
      const there = await remote.subscribe('-t up/# -t both/# -t bridge/state -q 2')
      const here = await local.subscribe('-t down/# -t both/# -q 2')
      await local.publish('-t up/1 -m x -q 2')
      await local.publish('-t both/from-here -m x -q 1')
      await remote.publish('-t both/from-there -m x -q 1')
      await remote.publish('-t down/1 -m x -q 2')
      await remote.publish('-t down/kept -r -m x -q 2')
      await here.line(/^=> down\/kept/)
      await local.publish('-t up/last -m x -q 2')
      await there.line(/^=> up\/last/)
      // What went over `both` would come back for ever if bridges got back what they sent.
      assert.deepEqual(received(there), [
        'both/from-here x',
        'both/from-there x',
        'bridge/state 1',
        'up/1 x',
        'up/last x',
      ])
      const expected = ['both/from-here x', 'both/from-there x', 'down/1 x', 'down/kept x']
      assert.deepEqual(received(here), expected)
      const later = await local.subscribe('-t down/# -C 1')
      assert.deepEqual(await messages(later, 1), ['down/kept x'])
      await remote.publish('-t down/kept -r -n -q 1')
      await bridge.kill('SIGKILL')
      const state = await remote.subscribe('-t bridge/state')
      assert.equal(await state.line(/^=> bridge\/state 0/), '=> bridge/state 0')
    })
  }

  test('what is published on either side while Tideway is killed arrives afterwards', async () => {
    const { bridge, local } = await startBridge('mqttv311')
    await remote.leaveSession('there', 'up/#', '-q 2')
    await remote.publish('-t down/before -m x -q 2')
    await broker.kill()
    const here = await local.subscribe('-t down/# -q 2')
    for (const name of ['a', 'b', 'c']) await local.publish(`-t up/${name} -m x -q 2`)
    await broker.start()
    const there = remote.subscriber('-i there -c -q 2 -t none -C 3')
    assert.deepEqual(await messages(there, 3), ['up/a x', 'up/b x', 'up/c x'])
    await remote.publish('-t down/after -m x -q 2')
    await here.line(/^=> down\/after x$/)
    await bridge.kill('SIGTERM')
  })
})
