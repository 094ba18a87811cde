import assert from 'node:assert/strict'
import { createHash, pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { scramKeys } from '#access/authentication/scram/scram-keys.ts'
import type { Term } from '#codec/erlang/external-term.ts'
import { isPassword } from '../../identity/passwords.ts'
import { checkRows, type TableRow } from '../table-rows.ts'
import { rulesOfSubject } from './access-tables.ts'
import { takeTable } from './emqx-tables.ts'
import { dashboardUser } from './identity-tables.ts'
import { NotTaken, Remarks } from './not-taken.ts'
import { readPskIdentities } from './psk-identities.ts'

const FOLDER = new URL('../../../../test/management/emqx-export/mnesia/', import.meta.url)
const NOW_MS = Date.UTC(2026, 0)
const fileOf = (name: string): Buffer => readFileSync(new URL(name, FOLDER))

/** Rows of a table, which have the form that a backup of this product has. */
async function take<Row>(
  name: string,
): Promise<{ rows: readonly Row[]; remarks: readonly string[] }> {
  const context = { nowMs: NOW_MS, scramIterations: 4096 }
  const taken = await takeTable(name, fileOf(name), context)
  assert.ok(taken !== undefined)
  checkRows(taken.set, taken.rows, name)
  return { rows: taken.rows as readonly Row[], remarks: taken.remarks }
}

describe('tables of EMQX', () => {
  test('users with passwords, by their chain', async () => {
    const { rows, remarks } = await take<TableRow<'builtin_authn'>>('emqx_authn_mnesia')
    assert.deepEqual(
      rows.map(({ chain, userId, credential }) => [chain, userId, credential.isSuperuser]),
      [
        ['mqtt:global', 'ann', true],
        ['tcp:default', 'bob', false],
      ],
    )
    assert.deepEqual(remarks, ['users of stomp:global, which is not here: 1 (eve)'])
  })

  test('users of SCRAM, whose keys are those of their passwords', async () => {
    const { rows } = await take<TableRow<'builtin_authn'>>('emqx_authn_scram_mnesia')
    const salted = pbkdf2Sync('of-sue-1', '0123456789abcdef', 4096, 32, 'sha256')
    const { storedKey, serverKey } = scramKeys('sha256', salted)
    assert.deepEqual(rows, [
      {
        chain: 'mqtt:global',
        mechanism: 'scram',
        userId: 'sue',
        credential: {
          isSuperuser: false,
          digest: 'sha256',
          iterations: 4096,
          salt: Buffer.from('0123456789abcdef').toString('base64'),
          storedKey: storedKey.toString('base64'),
          serverKey: serverKey.toString('base64'),
        },
      },
    ])
  })

  test('rules, with those for some addresses made stricter', async () => {
    const { rows, remarks } = await take<TableRow<'builtin_authz'>>('emqx_acl')
    assert.deepEqual(rows, [
      {
        subject: { kind: 'all' },
        rules: [
          { permission: 'allow', action: 'publish', topic: 't/${clientid}' },
          { permission: 'deny', action: 'all', topic: 'of/net' },
        ],
      },
      {
        subject: { kind: 'user', name: 'ann' },
        rules: [{ permission: 'allow', action: 'all', topic: 'as/text' }],
      },
      {
        subject: { kind: 'client', name: 'c1' },
        rules: [
          { permission: 'deny', action: 'publish', topic: 'no/#' },
          { permission: 'allow', action: 'subscribe', qos: [0, 1], topic: 'some/+' },
          { permission: 'allow', action: 'all', qos: [2], retain: true, topic: 'eq exact/#' },
        ],
      },
    ])
    assert.deepEqual(remarks, [
      'rules for some addresses or clients only, which forbid for all or were left out: 1 (all)',
    ])
  })

  test('bans of every kind that are not over', async () => {
    const individual = await take<TableRow<'banned'>>('emqx_banned')
    const patterns = await take<TableRow<'banned'>>('emqx_banned_rules')
    assert.deepEqual(
      [...individual.rows, ...patterns.rows].map(({ as, who }) => `${as} ${who}`).toSorted(),
      [
        'clientid bad',
        'clientid_re ^pump-.*',
        'peerhost 192.0.2.7',
        'peerhost 2001:db8::1',
        'peerhost_net 198.51.100.0/24',
        'username worse',
      ],
    )
    const worse = individual.rows.find(({ who }) => who === 'worse')
    assert.deepEqual(worse, {
      as: 'username',
      who: 'worse',
      by: 'admin',
      reason: '',
      atMs: 1_700_000_000_000,
      untilMs: 4_102_444_800_000,
    })
  })

  test('users of the dashboard, whose passwords go on', async () => {
    const { rows, remarks } = await take<TableRow<'dashboard_users'>>('emqx_admin')
    const byName = new Map(rows.map((row) => [row.username, row]))
    assert.deepEqual([...byName.keys()].toSorted(), ['boss', 'guest', 'oidc:ada', 'old'])
    assert.equal(byName.get('old')?.role, 'administrator', 'before there were roles')
    assert.equal(byName.get('guest')?.role, 'viewer')
    const stored = byName.get('boss')?.password ?? ''
    assert.match(stored, /^scrypt\$/, 'no weak hash is kept')
    assert.ok(await isPassword('of-boss-1', stored))
    assert.ok(!(await isPassword('of-boss-2', stored)))
    assert.deepEqual(remarks.toSorted(), [
      'of one namespace, which there are none of here: 1 (tenant)',
      'users of saml, which is not here: 1 (sam)',
      'users who needed a second factor, and do not here: 1 (guest)',
    ])
  })

  test('users of the dashboard with the password of all new nodes are not taken', async () => {
    const salt = Buffer.from('abcd')
    const digest = createHash('sha256').update(salt).update('public').digest()
    const record = new Map<string, Term>([
      ['username', Buffer.from('admin')],
      ['pwdhash', Buffer.concat([salt, digest])],
    ])
    const told = new NotTaken('admin', 'users with the password public, which everybody knows')
    await assert.rejects(
      dashboardUser(record, () => {}),
      told,
    )
  })

  test('what was not taken is told with some of the names', () => {
    const remarks = new Remarks()
    for (const name of ['a', 'b', 'c', 'd', 'e']) remarks.add('wrong', name)
    assert.deepEqual(remarks.lines(), ['wrong: 5 (a, b, c, d, e)'])
    remarks.add('wrong', 'f')
    assert.deepEqual(remarks.lines(), ['wrong: 6 (a, b, c, d, e, …)'])
  })

  test('API keys of before and after there were roles', async () => {
    const { rows, remarks } = await take<TableRow<'api_keys'>>('emqx_app')
    const shown = rows.map((row) => [
      row.name,
      row.role,
      row.description,
      row.enable,
      row.expires_at_ms,
    ])
    assert.deepEqual(shown, [
      ['collector', 'viewer', 'reads', 1, null],
      ['off', 'administrator', 'before roles', 0, 4_102_444_800_000],
    ])
    assert.deepEqual(remarks, ['of one namespace, which there are none of here: 1 (tenant)'])
  })

  test('retained messages with their properties, but those that have expired', async () => {
    const { rows } = await take<TableRow<'builtin_retainer'>>('emqx_retainer_message')
    assert.deepEqual(
      rows.map(({ topic, payload }) => [topic, Buffer.from(payload, 'base64').length]),
      [
        ['kept//1', 5],
        ['large', 100_000],
      ],
    )
    assert.deepEqual(rows[0]?.properties, {
      payloadFormatIndicator: 1,
      contentType: 'text/plain',
      correlationData: 'AQID',
      userProperties: [['k', 'v']],
    })
    assert.equal(rows[1]?.expiresAtMs, 4_102_444_800_000)
  })

  test('delayed messages', async () => {
    const { rows } = await take<TableRow<'delayed'>>('emqx_delayed')
    const payload = Buffer.from('soon').toString('base64')
    assert.deepEqual(rows, [
      {
        topic: 'later',
        payload,
        qos: 1,
        publisher: 'c1',
        retain: true,
        username: 'ann',
        dueAtMs: 4_102_444_800_000,
      },
    ])
  })

  test('identities of pre-shared keys as lines', () => {
    assert.deepEqual(readPskIdentities(fileOf('emqx_psk'), ':'), {
      text: 'device-7:of-device-7\n',
      count: 1,
      remarks: ['identities or keys that are no text of one line: 1 (broken)'],
    })
  })

  test('others are not known', async () => {
    const context = { nowMs: NOW_MS, scramIterations: 1 }
    assert.equal(await takeTable('emqx_trace', fileOf('emqx_trace'), context), undefined)
  })
})

test('of rules that cannot be read those that may forbid something forbid everything', () => {
  const atom = (name: string): Term => ({ kind: 'atom', name })
  const tuple = (...items: Term[]): Term => ({ kind: 'tuple', items })
  const rules = [
    tuple(atom('allow'), atom('dance'), Buffer.from('a')),
    tuple(atom('allow'), atom('publish'), Buffer.from('b')),
    tuple(atom('deny'), atom('dance'), Buffer.from('c')),
  ]
  const record = new Map<string, Term>([
    ['who', tuple(1, Buffer.from('ann'))],
    ['rules', rules],
  ])
  const told: string[] = []
  assert.deepEqual(
    rulesOfSubject(record, (reason, who) => told.push(`${reason}: ${who}`)),
    {
      subject: { kind: 'user', name: 'ann' },
      rules: [
        { permission: 'allow', action: 'publish', topic: 'b' },
        { permission: 'deny', action: 'all', topic: '#' },
      ],
    },
  )
  assert.deepEqual(new Set(told).size, 1)
  assert.match(told[0] ?? '', /something else than publish.*: ann/)
})
