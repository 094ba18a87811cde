/** Rules in the built-in database, on a whole broker with stock clients. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RuleSubject, StoredRule } from '#access/authorization/rules/rule-table.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { AccessRig, publishCode, subscribeCodes } from './access-rig.ts'

const { NOT_AUTHORIZED } = ReasonCode
const CONFIG = 'authorization.sources = [{ type = built_in_database, max_rules = 3 }]'
const ALL: RuleSubject = { kind: 'all' }
const client = (name: string): RuleSubject => ({ kind: 'client', name })
const user = (name: string): RuleSubject => ({ kind: 'user', name })
const allow = (topic: string, more: Partial<StoredRule> = {}): StoredRule => {
  return { permission: 'allow', action: 'all', topic, ...more }
}
const deny = (topic: string): StoredRule => ({ permission: 'deny', action: 'all', topic })

for (const shards of [1, 3]) {
  describe(`stored rules, ${shards} shards`, () => {
    test('about the client come before those about the user and about all', async (context) => {
      const rig = await AccessRig.start(context, shards, CONFIG)
      const { node } = rig.broker
      await node.access('setRules', [
        [
          { subject: client('c'), rules: [allow('a/${clientid}')] },
          { subject: user('u'), rules: [deny('a/#'), allow('b', { action: 'publish', qos: [1] })] },
          { subject: ALL, rules: [allow('a/#'), allow('b'), deny('#')] },
        ],
      ])
      for (let round = 0; round < shards; round++) {
        const both = await rig.connect({ clientId: 'c', username: 'u' })
        assert.equal(await publishCode(both, 'a/c'), 0)
        assert.equal(await publishCode(both, 'a/x'), NOT_AUTHORIZED)
        assert.equal(await publishCode(both, 'b', 2), 0, 'the rule of the user has another QoS')
        assert.deepEqual(await subscribeCodes(both, ['a/c', 'a/#', 'b', 'c']), [
          0,
          NOT_AUTHORIZED,
          0,
          NOT_AUTHORIZED,
        ])
        const nobody = await rig.connect()
        assert.equal(await publishCode(nobody, 'a/x'), 0)
        assert.equal(await publishCode(nobody, 'c'), NOT_AUTHORIZED)
      }
    })

    test('hold as soon as they are changed, for clients that are connected', async (context) => {
      const rig = await AccessRig.start(context, shards, CONFIG)
      const { node } = rig.broker
      const clients = await Promise.all([1, 2, 3, 4].map(() => rig.connect({ username: 'u' })))
      const codes = () => Promise.all(clients.map((one) => publishCode(one, 't')))
      assert.deepEqual(new Set(await codes()), new Set([NOT_AUTHORIZED]))
      await node.access('setRules', [[{ subject: user('u'), rules: [allow('t')] }]])
      assert.deepEqual(new Set(await codes()), new Set([0]))
      assert.ok(await node.access('removeRules', [user('u')]))
      assert.deepEqual(new Set(await codes()), new Set([NOT_AUTHORIZED]))
    })
  })
}

test('they are listed, limited and checked', async (context) => {
  const rig = await AccessRig.start(context, 1, CONFIG)
  const { node } = rig.broker
  const many = Array.from({ length: 2500 }, (_, index) => {
    return { subject: client(`c${String(index).padStart(4, '0')}`), rules: [allow('t')] }
  })
  await node.access('setRules', [many])
  const page = await node.access('listRules', ['client', { like: 'c1', skip: 998, limit: 5 }])
  assert.equal(page.count, 1000)
  assert.deepEqual(
    page.items.map(({ subject }) => subject),
    [client('c1998'), client('c1999')],
  )
  const tooMany = [1, 2, 3, 4].map((index) => allow(`t/${index}`))
  const set = (rules: readonly StoredRule[]) =>
    node.access('setRules', [[{ subject: user('u'), rules }]])
  await assert.rejects(set(tooMany), { code: 'EXCEED_LIMIT', message: /at most 3 rules/ })
  await assert.rejects(set([allow('t'), allow('a+')]), /rule 2 of u: "a\+" is no topic filter/)
  const again = node.access('setRules', [[{ subject: client('c0000'), rules: [] }], 'create'])
  await assert.rejects(again, { code: 'ALREADY_EXISTS' })
  assert.equal(await node.access('purgeRules', []), 2500)
  assert.equal(await node.access('rulesOf', [client('c0000')]), undefined)
})
