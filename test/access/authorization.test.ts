/** What clients may publish and subscribe, on a whole broker with stock clients. */
import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { countersOf } from '#broker/metrics.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { AccessRig, disconnectCode, publishCode, subscribeCodes } from './access-rig.ts'
import { examples } from './examples.ts'

const { NOT_AUTHORIZED } = ReasonCode
const FILE = `
  {allow, {username, "writer"}, publish, ["up/\${clientid}/#"]}.
  {allow, {username, "reader"}, subscribe, ["up/#", {eq, "+/#"}]}.
  {deny, all, publish, ["secret/#"]}.
  {allow, all, {publish, [{qos, [0, 1]}, {retain, false}]}, ["open/#"]}.
`
const SOURCES = 'authorization.sources = [{ type = file, path = "@/acl.conf" }]'

for (const shards of [1, 3]) {
  describe(`rules in a file, ${shards} shards`, () => {
    const start = (context: Parameters<typeof AccessRig.start>[0], more = '') =>
      AccessRig.start(context, shards, `${SOURCES}\n${more}`, { 'acl.conf': FILE })

    test('decide about publishes, with the code in PUBACK and PUBREC', async (context) => {
      const rig = await start(context)
      const writer = await rig.connect({ clientId: 'w', username: 'writer' })
      assert.equal(await publishCode(writer, 'up/w/a', 1), 0)
      assert.equal(await publishCode(writer, 'up/w/a', 2), 0)
      assert.equal(await publishCode(writer, 'up/other/a', 1), NOT_AUTHORIZED)
      assert.equal(await publishCode(writer, 'up/other/a', 2), NOT_AUTHORIZED)
      assert.equal(await publishCode(writer, 'secret/a'), NOT_AUTHORIZED)
      assert.equal(await publishCode(writer, 'no/rule'), NOT_AUTHORIZED, 'no_match is deny')
      assert.equal(await publishCode(writer, 'open/a', 1), 0)
      assert.equal(await publishCode(writer, 'open/a', 2), NOT_AUTHORIZED)
      assert.equal(await publishCode(writer, 'open/a', 1, true), NOT_AUTHORIZED)
    })

    test('decide about subscriptions, with the code in SUBACK', async (context) => {
      const rig = await start(context)
      const reader = await rig.connect({ username: 'reader' })
      const filters = ['up/#', 'up/w/+', '$share/g/up/a', '+/#', '#', 'secret/a']
      const codes = await subscribeCodes(reader, filters, 1)
      assert.deepEqual(codes, [1, 1, 1, 1, NOT_AUTHORIZED, NOT_AUTHORIZED])
      const old = await rig.connect({ username: 'reader', protocolVersion: 4 })
      assert.deepEqual(await subscribeCodes(old, ['up/#', 'secret/a']), [0, 0x80])
    })

    test('give clients of 3.1.1 the usual acknowledgement for what is dropped', async (context) => {
      const rig = await start(context)
      const reader = await rig.connect({ username: 'reader' })
      await reader.subscribeAsync('+/#')
      const got: string[] = []
      reader.on('message', (topic) => got.push(topic))
      const writer = await rig.connect({ clientId: 'w', username: 'writer', protocolVersion: 4 })
      await writer.publishAsync('secret/a', 'm', { qos: 1 })
      await writer.publishAsync('secret/a', 'm', { qos: 2 })
      const last = new Promise((resolve) => reader.once('message', resolve))
      await writer.publishAsync('up/w/end', 'm', { qos: 1 })
      await last
      assert.deepEqual(got, ['up/w/end'])
    })

    test('hold for wills, which are left out', async (context) => {
      const rig = await start(context)
      const reader = await rig.connect({ username: 'reader' })
      await reader.subscribeAsync('+/#')
      const got: string[] = []
      const both = new Promise<void>((resolve) => {
        reader.on('message', (topic) => {
          got.push(topic)
          if (topic === 'up/w/end') resolve()
        })
      })
      for (const topic of ['secret/a', 'up/w/end']) {
        const will = { topic, payload: Buffer.from('m') }
        const client = await rig.connect({ clientId: 'w', username: 'writer', will })
        client.stream.destroy()
      }
      await both
      assert.deepEqual(got, ['up/w/end'])
    })

    test('end the connection when deny_action says so', async (context) => {
      const rig = await start(context, 'authorization.deny_action = disconnect')
      const publisher = await rig.connect()
      const refused = disconnectCode(publisher)
      publisher.publish('secret/a', 'm')
      assert.equal(await refused, NOT_AUTHORIZED)
      const subscriber = await rig.connect()
      const closed = disconnectCode(subscriber)
      subscriber.subscribe('secret/a', () => {})
      assert.equal(await closed, NOT_AUTHORIZED)
    })

    test('leave the rest to no_match', async (context) => {
      const rig = await start(context, 'authorization.no_match = allow')
      const client = await rig.connect()
      assert.equal(await publishCode(client, 'no/rule'), 0)
      assert.equal(await publishCode(client, 'secret/a'), NOT_AUTHORIZED)
    })
  })
}

test('the example of the documentation decides as it says', async (context) => {
  const [rules = ''] = examples('erlang')
  const local = rules.replace('10.0.0.0/8', '127.0.0.0/8')
  const rig = await AccessRig.start(context, 1, SOURCES, { 'acl.conf': local })
  const dashboard = await rig.connect({ username: 'dashboard' })
  const denied = NOT_AUTHORIZED
  assert.deepEqual(await subscribeCodes(dashboard, ['$SYS/#', '#', '+/#', 'a']), [
    0,
    denied,
    denied,
    0,
  ])
  const other = await rig.connect({ clientId: 'meter-1' })
  assert.deepEqual(await subscribeCodes(other, ['$SYS/#', 'm/meter-1/#']), [denied, 0])
  assert.equal(await publishCode(other, 'm/meter-1/a'), 0)
})

test('decisions are remembered, and forgotten when the file changes', async (context) => {
  const rig = await AccessRig.start(context, 1, SOURCES, { 'acl.conf': FILE })
  const client = await rig.connect()
  const numbers = () => countersOf(rig.broker.metrics)
  for (let round = 0; round < 5; round++) {
    assert.equal(await publishCode(client, 'open/a'), 0)
    assert.equal(await publishCode(client, 'secret/a'), NOT_AUTHORIZED)
  }
  assert.equal(numbers()['authorization.cache_miss'], 2)
  assert.equal(numbers()['authorization.cache_hit'], 8)
  assert.equal(numbers()['authorization.allow'], 5)
  assert.equal(numbers()['authorization.deny'], 5)
  assert.equal(numbers()['packets.publish.auth_error'], 5)
  const path = join(rig.folder, 'acl.conf')
  writeFileSync(`${path}.new`, '{allow, all, publish, ["secret/#"]}.')
  renameSync(`${path}.new`, path)
  await rig.broker.node.reload()
  assert.equal(await publishCode(client, 'open/a'), NOT_AUTHORIZED)
  assert.equal(await publishCode(client, 'secret/a'), 0)
  writeFileSync(path, '{allow, all')
  await rig.broker.node.reload()
  assert.equal(await publishCode(client, 'secret/a'), 0, 'a broken file changes nothing')
  const line = rig.broker.lines.find(({ message }) => /source_not_reloaded/.test(message))
  assert.match(String(line?.fields?.['reason']), /acl\.conf:1:12: expected/)
})

test('a file that is not there or not right keeps the node from starting', async (context) => {
  const broken = { 'acl.conf': '{allow, nobody, all, ["t"]}.' }
  await assert.rejects(AccessRig.start(context, 1, SOURCES, broken), /acl\.conf:1:9: expected/)
  await assert.rejects(
    AccessRig.start(context, 1, SOURCES),
    /acl\.conf cannot be read: it does not/,
  )
})

test('without sources everything is allowed', async (context) => {
  const rig = await AccessRig.start(context, 1, '')
  const client = await rig.connect()
  assert.equal(await publishCode(client, 'a'), 0)
  assert.deepEqual(await subscribeCodes(client, ['#', '$SYS/#']), [0, 0])
})
