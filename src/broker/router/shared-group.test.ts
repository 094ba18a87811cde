import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SharedGroup } from './shared-group.ts'

const OWN_SHARD = 1

/** Whether a member is online, by client id and shard. */
type Model = ReadonlyMap<string, boolean>

function nameOf({ clientId, shard }: { clientId: string; shard: number }): string {
  return `${clientId}@${shard}`
}

function assertParts(group: SharedGroup, model: Model): void {
  const { members, onlineCount } = group
  assert.equal(members.length, model.size)
  const onlineEnd = group.localEnd(true)
  const offlineEnd = group.localEnd(false)
  for (const [position, member] of members.entries()) {
    const { clientId, shard, online } = member
    assert.equal(member.position, position)
    assert.equal(online, model.get(nameOf(member)))
    assert.equal(online, position < onlineCount)
    const isLocal = position < (online ? onlineEnd : offlineEnd)
    assert.equal(shard === OWN_SHARD, isLocal)
    assert.equal(group.find(clientId, shard), member)
  }
  for (const online of [true, false]) {
    const names = Array.from(model).filter(([, each]) => each === online)
    assert.deepEqual(group.sorted(online).map(nameOf), names.map(([name]) => name).sort())
  }
}

test('members stand in their part whatever joins, leaves and changes', () => {
  const change = fc.record({
    kind: fc.constantFrom('join', 'join', 'leave', 'online'),
    number: fc.nat(7),
    shard: fc.constantFrom(0, OWN_SHARD, 2),
    online: fc.boolean(),
  })
  const changes = fc.array(change, { maxLength: 120, size: 'max' })
  fc.assert(
    fc.property(changes, fc.boolean(), (steps, sortedEarly) => {
      const group = new SharedGroup('g', 'f', OWN_SHARD)
      const model = new Map<string, boolean>()
      if (sortedEarly) group.sorted(true)
      for (const { kind, number, shard, online } of steps) {
        const clientId = `m${number}`
        const name = nameOf({ clientId, shard })
        const present = group.find(clientId, shard)
        assert.equal(present !== undefined, model.has(name))
        if (kind === 'join') {
          const isNew = group.join({
            clientId,
            shard,
            online,
            stored: false,
            subscription: undefined,
          })
          assert.equal(isNew, present === undefined)
          model.set(name, online)
        } else if (present !== undefined && kind === 'leave') {
          group.leave(present)
          assert.equal(present.joined, false)
          model.delete(name)
        } else if (present !== undefined) {
          group.setOnline(present, online)
          model.set(name, online)
        }
        if (sortedEarly) assertParts(group, model)
      }
      assertParts(group, model)
    }),
    { numRuns: 80 },
  )
})

test('a member of another group is refused', () => {
  const [group, other] = [new SharedGroup('g', 'f', 0), new SharedGroup('h', 'f', 0)]
  for (const each of [group, other]) {
    each.join({ clientId: 'm', shard: 0, online: true, stored: false, subscription: undefined })
  }
  const stranger = other.find('m', 0)
  assert.ok(stranger !== undefined)
  assert.throws(() => group.leave(stranger))
})
