/** Clients that are not let in, on a whole broker with stock clients. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Ban, BanKind } from '#access/protection/ban.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { AccessRig, disconnectCode } from './access-rig.ts'

const { BANNED, ADMINISTRATIVE_ACTION, QUOTA_EXCEEDED } = ReasonCode

function ban(as: BanKind, who: string, forMs?: number): Ban {
  const atMs = Date.now()
  const untilMs = forMs === undefined ? undefined : atMs + forMs
  return { as, who, by: 'test', reason: 'because', atMs, untilMs }
}

for (const shards of [1, 3]) {
  describe(`bans, ${shards} shards`, () => {
    test('keep clients out by every kind of name, with the code of banned', async (context) => {
      const rig = await AccessRig.start(context, shards, '')
      await rig.broker.node.access('ban', [
        [
          ban('clientid', 'c1'),
          ban('username', 'u1'),
          ban('clientid_re', '^bad-'),
          ban('username_re', 'x$'),
        ],
      ])
      const codeOf = (clientId: string, username?: string) =>
        rig.connectCode({ clientId, ...(username !== undefined && { username }) })
      for (let round = 0; round < shards * 2; round++) {
        assert.equal(await codeOf('c1'), BANNED)
        assert.equal(await codeOf('c2', 'u1'), BANNED)
        assert.equal(await codeOf('bad-1'), BANNED)
        assert.equal(await codeOf('c2', 'ux'), BANNED)
        assert.equal(await codeOf('c2', 'u2'), 0)
      }
      assert.equal(await rig.connectCode({ clientId: 'c1', protocolVersion: 4 }), 5)
      assert.ok(await rig.broker.node.access('unban', ['clientid', 'c1']))
      assert.ok(!(await rig.broker.node.access('unban', ['clientid', 'c1'])))
      assert.equal(await codeOf('c1'), 0)
      await rig.broker.node.access('unbanAll', [])
      assert.equal(await codeOf('bad-1', 'u1'), 0)
    })

    test('hold for addresses and networks, and end', async (context) => {
      const rig = await AccessRig.start(context, shards, '')
      const { node } = rig.broker
      for (const one of [ban('peerhost', '127.0.0.1'), ban('peerhost_net', '127.0.0.0/8')]) {
        await node.access('ban', [[one]])
        assert.equal(await rig.connectCode(), BANNED, one.as)
        await node.access('ban', [[{ ...one, untilMs: one.atMs - 1 }]])
        assert.equal(await rig.connectCode(), 0, one.as)
      }
      assert.equal((await node.access('listBans', [{ skip: 0, limit: 9 }])).count, 0)
      assert.equal(await node.access('removeOverBans', []), 2)
    })

    test('send away who is connected, without its will', async (context) => {
      const rig = await AccessRig.start(context, shards, '')
      const watcher = await rig.connect({ clientId: 'watcher' })
      const wills: string[] = []
      watcher.on('message', (topic) => wills.push(topic))
      await watcher.subscribeAsync('#')
      const will = { topic: 'will', payload: Buffer.from('m') }
      const clients = await Promise.all(
        [1, 2, 3, 4].map((index) => rig.connect({ clientId: `c${index}`, username: 'u', will })),
      )
      const codes = clients.map((client) => disconnectCode(client))
      await rig.broker.node.access('ban', [[ban('username', 'u')]])
      assert.deepEqual(
        await Promise.all(codes),
        [1, 2, 3, 4].map(() => ADMINISTRATIVE_ACTION),
      )
      await watcher.publishAsync('end', 'm', { qos: 1 })
      assert.ok(watcher.connected)
      assert.deepEqual(
        wills.filter((topic) => topic === 'will'),
        [],
      )
    })

    test('are made for clients that come and go too often', async (context) => {
      const config = 'flapping_detect { enable = true, max_count = 4, ban_time = 1m }'
      const rig = await AccessRig.start(context, shards, config)
      const { node, lines } = rig.broker
      for (let round = 0; round < 4; round++) {
        const client = await rig.connect({ clientId: 'flapper' })
        await client.endAsync()
      }
      const endsAtMs = Date.now() + 5000
      let code = 0
      while (code === 0 && Date.now() < endsAtMs) {
        code = await rig.connectCode({ clientId: 'flapper' })
      }
      assert.equal(code, BANNED)
      const [found] = (await node.access('listBans', [{ skip: 0, limit: 9 }])).items
      assert.equal(found?.who, 'flapper')
      assert.equal(found.by, 'flapping detector')
      assert.equal(found.untilMs, found.atMs + 60_000)
      assert.equal(await rig.connectCode({ clientId: 'other' }), 0)
      assert.ok(lines.some(({ message }) => message === 'flapping_detected'))
    })

    test('users and addresses have only so many connections', async (context) => {
      const config = 'mqtt { max_connections_per_user = 2, max_connections_per_address = 5 }'
      const rig = await AccessRig.start(context, shards, config)
      const first = await rig.connect({ username: 'u' })
      await rig.connect({ username: 'u' })
      assert.equal(await rig.connectCode({ username: 'u' }), QUOTA_EXCEEDED)
      assert.equal(await rig.connectCode({ username: 'v' }), 0)
      await first.endAsync()
      assert.equal(await rig.connectCode({ username: 'u' }), 0)
      for (let count = 3; count < 5; count++) assert.equal(await rig.connectCode(), 0)
      assert.equal(await rig.connectCode(), QUOTA_EXCEEDED)
    })
  })
}

test('bans outlive the process; a file of bans does not replace them', async (context) => {
  const file = 'as,who,until\nclientid,kept,\nclientid,file,\nclientid,over,1000\n'
  const config = 'banned.bootstrap_file = "@/banned.csv"'
  const rig = await AccessRig.start(context, 1, config, { 'banned.csv': file })
  await rig.broker.node.access('ban', [[ban('clientid', 'kept', 100_000), ban('clientid', 'own')]])
  await rig.restart()
  for (const clientId of ['kept', 'file', 'own']) {
    assert.equal(await rig.connectCode({ clientId }), BANNED, clientId)
  }
  assert.equal(await rig.connectCode({ clientId: 'over' }), 0)
  const { items } = await rig.broker.node.access('listBans', [{ like: 'kept', skip: 0, limit: 9 }])
  assert.equal(items[0]?.by, 'test')
})

test('what cannot be a ban is refused, and nothing is banned then', async (context) => {
  const rig = await AccessRig.start(context, 1, '')
  const { node } = rig.broker
  const bad = [ban('clientid', 'fine'), ban('peerhost_net', 'nonsense')]
  await assert.rejects(node.access('ban', [bad]), /"nonsense" is no CIDR/)
  assert.equal(await rig.connectCode({ clientId: 'fine' }), 0)
  const many = Array.from({ length: 1001 }, (_, index) => ban('clientid_re', `^x${index}$`))
  await assert.rejects(node.access('ban', [many]), /at most 1000 bans with patterns/)
})
