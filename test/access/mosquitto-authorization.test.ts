/** What the clients of Mosquitto are told when they may not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsMosquittoClients } from '../interop/foreign.ts'
import { Program } from '../interop/program.ts'
import { AccessRig } from './access-rig.ts'

const RULES = '{allow, {username, "u"}, all, ["mine/#"]}.'
const SOURCES = 'authorization.sources = [{ type = file, path = "@/acl.conf" }]'

test('mosquitto_pub and mosquitto_sub', needsMosquittoClients(), async (context) => {
  const rig = await AccessRig.start(context, 3, SOURCES, { 'acl.conf': RULES })
  const run = async (name: string, ...args: readonly string[]) => {
    const port = String(rig.broker.port('tcp:default'))
    const program = new Program(name, ['-h', '127.0.0.1', '-p', port, '-u', 'u', ...args])
    const { code } = await program.ended()
    return { code, text: program.lines.join('\n') }
  }
  for (const version of ['mqttv5', 'mqttv311']) {
    const publish = ['-V', version, '-q', '1', '-r', '-m', 'hello']
    const subscribe = ['-V', version, '-C', '1', '-W', '5']
    assert.deepEqual(await run('mosquitto_pub', ...publish, '-t', 'mine/a'), { code: 0, text: '' })
    assert.deepEqual(await run('mosquitto_sub', ...subscribe, '-t', 'mine/#'), {
      code: 0,
      text: 'hello',
    })
    const denied = await run('mosquitto_sub', ...subscribe, '-t', 'other/#')
    assert.match(denied.text, /subscription requests were denied/)
  }
  const refused = await run('mosquitto_pub', '-V', 'mqttv5', '-q', '1', '-m', 'm', '-t', 'other/a')
  assert.match(refused.text, /Not authorized/)
})
