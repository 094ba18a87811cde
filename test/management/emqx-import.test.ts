/** An export of EMQX 5 over the REST API: its users, rules, messages and files work here. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { LOCAL_ACCESS_FILE } from '#management/contract/local-access.ts'
import { packTar } from '#management/files/tar.ts'
import { Authority } from '../access/authority.ts'
import {
  type ApiCall,
  type ApiReply,
  basic,
  formWith,
  type ManagedBroker,
  startManaged,
} from './support/managed-broker.ts'

/** Made by Mnesia itself, see the program beside it. */
const TABLES = new URL('emqx-export/mnesia/', import.meta.url)
const RULES = '/authorization/sources/built_in_database/rules'

let to: ManagedBroker
let call: ApiCall
before(async () => {
  to = await startManaged()
  const local = readFileSync(join(to.broker.dataDir, LOCAL_ACCESS_FILE), 'utf8')
  const auth = `Bearer ${JSON.parse(local).token}`
  call = (method, path, options) => to.call(method, path, { auth, ...options })
})
after(() => to.stop())

/** What EMQX puts into an archive: texts of files stand in the configuration. */
function exportWith(cluster: string, tables: ReadonlyMap<string, Buffer>): Buffer {
  const root = 'emqx-export-2026-01-01-00-00-00.000'
  const file = (name: string, content: string | Buffer) => {
    return { name: `${root}/${name}`, content: Buffer.from(content) }
  }
  const meta = 'edition = "ee"\nversion = "5.8.6"'
  return packTar(
    [
      file('META.hocon', meta),
      file('cluster.hocon', cluster),
      ...[...tables].map(([name, content]) => file(`mnesia/${name}`, content)),
    ],
    0,
  )
}

function allTables(): Map<string, Buffer> {
  return new Map(readdirSync(TABLES).map((name) => [name, readFileSync(new URL(name, TABLES))]))
}

async function bring(name: string, archive: Uint8Array): Promise<ApiReply> {
  const uploaded = await call('POST', '/data/files', { body: formWith(name, archive) })
  assert.equal(uploaded.status, 204)
  return call('POST', '/data/import', { body: { filename: name } })
}

describe('an export of EMQX 5', () => {
  it('with a damaged table changes nothing', async () => {
    const tables = allTables()
    const damaged = Buffer.from(tables.get('emqx_psk') ?? '')
    tables.set('emqx_psk', damaged.subarray(0, -1))
    const { status, body } = await bring(
      'a.tar.gz',
      exportWith('mqtt.max_topic_levels = 9', tables),
    )
    assert.equal(status, 400)
    assert.match(body.message, /^mnesia\/emqx_psk of the archive cannot be read: the log is cut at/)
    assert.notEqual((await call('GET', '/configs/mqtt')).body.max_topic_levels, 9)
    assert.deepEqual((await call('GET', '/banned')).body.data, [])
  })

  it('without the authenticator of its users says what they wait for', async () => {
    const users = [...allTables()].filter(([name]) => name === 'emqx_authn_mnesia')
    const { status, body } = await bring('u.tar.gz', exportWith('', new Map(users)))
    assert.equal(status, 200)
    const told: string = body.warnings.join('\n')
    const wait = 'wait for an authenticator password_based:built_in_database'
    assert.match(told, new RegExp(`of mqtt:global ${wait}`))
    assert.match(told, new RegExp(`of tcp:default ${wait}`))
  })

  it('is taken over with all that has a like here, and the rest is told', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tideway-export-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const { certfile, keyfile } = new Authority(folder, 'own').issue('one', 'server')
    const text = (path: string): string => JSON.stringify(readFileSync(path, 'utf8'))
    const cluster = `
      authentication = [
        {
          mechanism = password_based, backend = built_in_database, user_id_type = username
          password_hash_algorithm { name = sha256, salt_position = prefix }
        },
        { mechanism = scram, backend = built_in_database, iteration_count = 4096 }
      ]
      authorization {
        no_match = allow
        sources = [
          { type = built_in_database, enable = true }
          { type = file, enable = true, rules = "{deny, all, subscribe, [\\"of/a/file\\"]}." }
        ]
      }
      listeners.ssl.secure {
        bind = "127.0.0.1:0"
        ssl_options { certfile = ${text(certfile)}, keyfile = ${text(keyfile)} }
      }
      psk_authentication { enable = false, separator = "|" }
      mqtt { max_qos_allowed = 1 }
      nonsense { x = 1 }
      node { name = "emqx@10.0.0.9", data_dir = "/opt/emqx/data" }
      connectors.http.hook {
        url = "http://127.0.0.1:1", shiny = true
        ssl { enable = false, verify = verify_none, depth = 10, reuse_sessions = true }
      }
      connectors.gcp_pubsub_producer.cloud { service_account_json = "{}" }
      actions.http.send { connector = hook, parameters { method = post, path = "/x" } }
      actions.gcp_pubsub_producer.up { connector = cloud, parameters { pubsub_topic = t } }
      rule_engine.rules.both { sql = "SELECT * FROM \\"t/#\\"", actions = ["http:send"] }
      delayed { max_delayed_messages = many }`
    const { status, body } = await bring('b.tar.gz', exportWith(cluster, allTables()))
    assert.equal(status, 200, JSON.stringify(body))
    const told: string = body.warnings.join('\n')
    const parts = ['nonsense is not a known key', 'delayed.max_delayed_messages must be']
    parts.push('connectors.http.hook.shiny', 'connectors.gcp_pubsub_producer', 'node: it is about')
    for (const name of ['authn_mnesia_ns', 'trace']) parts.push(`mnesia/emqx_${name}: a table that`)
    parts.push('mnesia/emqx_admin: users of saml', 'mnesia/emqx_psk: identities or keys')
    // Of the year 2100.
    parts.push('delayed: later: the time is more than')
    for (const part of parts) assert.ok(told.includes(part), `${part} in ${told}`)

    assert.ok(!told.includes('of mqtt:global wait'), told)
    assert.equal((await call('GET', '/connectors/http:hook')).status, 200)
    assert.equal((await call('GET', '/actions/http:send')).status, 200)
    assert.equal((await call('GET', '/rules/both')).status, 200)
    assert.notEqual((await call('GET', '/configs/node')).body.data_dir, '/opt/emqx/data')

    const ann = await to.connect('c2', { username: 'ann', password: 'of-ann-1' })
    assert.ok(ann.connected)
    await assert.rejects(to.connect('c2', { username: 'ann', password: 'of-ann-2' }))
    await assert.rejects(to.connect('bad', { username: 'ann', password: 'of-ann-1' }))
    const source = (await call('GET', '/authorization/sources/file')).body
    assert.equal(source.rules, '{deny, all, subscribe, ["of/a/file"]}.')
    const rules = (await call('GET', `${RULES}/clients/c1`)).body.rules
    assert.deepEqual(rules[0].topic, 'no/#')
    assert.equal((await call('GET', '/banned?limit=100')).body.data.length, 6)

    const login = { username: 'boss', password: 'of-boss-1' }
    assert.equal((await call('POST', '/login', { body: login })).status, 200)
    const wrong = { ...login, password: 'of-boss-2' }
    assert.equal((await call('POST', '/login', { body: wrong })).status, 401)
    const auth = basic('a3f1c0de00000001', 'of-collector')
    assert.equal((await call('GET', '/nodes', { auth })).status, 200)
    const other = basic('a3f1c0de00000001', 'of-off')
    assert.equal((await call('GET', '/nodes', { auth: other })).status, 401)
    const off = basic('a3f1c0de00000002', 'of-off')
    assert.equal((await call('GET', '/nodes', { auth: off })).status, 401)

    const message = (await call('GET', '/mqtt/retainer/message/kept%2F%2F1')).body
    assert.equal(Buffer.from(message.payload, 'base64').toString(), 'still')
    const listener = (await call('GET', '/listeners/ssl:secure')).body
    assert.equal(listener.running, true, JSON.stringify(listener))
    const psk = join(to.broker.dataDir, 'authz', 'emqx.psk')
    assert.equal(readFileSync(psk, 'utf8'), 'device-7|of-device-7\n')
    assert.equal((await call('GET', '/configs/psk_authentication')).body.init_file, psk)
    assert.equal((await call('GET', '/configs/mqtt')).body.max_qos_allowed, 1)
  })
})
