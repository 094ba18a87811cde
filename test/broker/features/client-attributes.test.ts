/** Attributes that clients get when they connect, and where they show. */
import assert from 'node:assert/strict'
import { AttributeRules } from '#broker/attributes/attribute-rules.ts'
import { test } from 'node:test'
import type { ClientAttributes } from '#broker/ports.ts'
import { expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

const settings = {
  clientAttributes: [
    { name: 'line', expression: `nth(1, tokens(clientid, '-'))` },
    { name: 'site', expression: 'user_property.site' },
  ],
}

worldTest(
  'access is told of them, and may replace them',
  (world) => {
    const seen: (ClientAttributes | undefined)[] = []
    world.access.authenticate = ({ clientAttributes }, done) => {
      seen.push(clientAttributes)
      done({ allowed: true, isSuperuser: false, clientAttributes: { site: 'south', more: '1' } })
    }
    const { authorizePublish } = world.access
    world.access.authorizePublish = (who, ...rest) => {
      seen.push(who.clientAttributes)
      return authorizePublish(who, ...rest)
    }
    const properties = { userProperties: [['site', 'north']] as [string, string][] }
    const client = world.connect({ clientId: 'l7-0815', properties })
    client.publish('a', 'x')
    assert.deepEqual(seen, [
      { line: 'l7', site: 'north' },
      { line: 'l7', site: 'south', more: '1' },
    ])
  },
  settings,
)

worldTest(
  'they may stand in a mountpoint; a client without one is refused',
  (world) => {
    const mountpoint = 'plant/${client_attrs.site}/'
    const properties = { userProperties: [['site', 'north']] as [string, string][] }
    const watcher = world.connect()
    watcher.subscribe('plant/#')
    world.connect({ clientId: 'a', mountpoint, properties }).publish('t', 'x')
    assert.deepEqual(
      watcher.messages().map(({ topic }) => topic),
      ['plant/north/t'],
    )
    const nameless = world.dial({ clientId: 'b', mountpoint })
    nameless.tryConnect()
    expectRefused(nameless, 0x87)
    const wild = { userProperties: [['site', '+']] as [string, string][] }
    const wider = world.dial({ clientId: 'c', mountpoint, properties: wild })
    wider.tryConnect()
    expectRefused(wider, 0x87)
  },
  settings,
)

test('an expression that cannot be read is named', () => {
  const rules = [{ name: 'line', expression: 'nth(' }]
  assert.throws(() => new AttributeRules(rules), /^Error: the expression of line is not an/)
})
