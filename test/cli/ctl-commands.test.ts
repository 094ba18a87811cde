/** `tideway ctl`, `config` and `completion` against a broker that runs, without any setting. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type ManagedBroker, startManaged } from '../management/support/managed-broker.ts'
import { type CommandEnd, ctlHere, tideway } from './command.ts'

describe('commands for a node that runs', () => {
  let managed: ManagedBroker
  let folder: string
  before(async () => {
    managed = await startManaged({ config: 'mqtt.max_mqueue_len = 77' })
    folder = mkdtempSync(join(tmpdir(), 'tideway-ctl-'))
  })
  after(async () => {
    await managed.stop()
    rmSync(folder, { recursive: true })
  })

  const run = (...args: string[]): Promise<CommandEnd> => {
    return tideway([...args, '--data-dir', managed.broker.dataDir])
  }
  async function ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(...args)
    assert.deepEqual([code, stderr], [0, ''], args.join(' '))
    return stdout
  }

  const here = (...args: string[]): Promise<string> => {
    return ctlHere([...args, '--data-dir', managed.broker.dataDir])
  }

  it('are let in by a file that only its owner can read', async () => {
    const file = join(managed.broker.dataDir, 'tideway.api.json')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.match(await ok('ctl', 'status'), /^NODE +NODE_STATUS.*\ntideway@127\.0\.0\.1 +running/)
    const { body } = await managed.call('GET', '/audit?limit=1')
    assert.notEqual(body.data[0]?.from, 'cli', 'reading is not recorded')
  })

  it('list, show and change, for people and for programs', async () => {
    const client = await managed.connect('pump-7', { username: 'ann' })
    await client.subscribeAsync('a/b')
    assert.match(await here('clients', 'list'), /^CLIENTID .*\npump-7 +ann +true/)
    const shown = JSON.parse(await here('clients', 'show', 'pump-7', '--json'))
    assert.equal(shown.username, 'ann')
    await here('subscriptions', 'add', 'pump-7', 'c/#', '1')
    const rows = JSON.parse(await here('subscriptions', 'show', 'pump-7', '--json'))
    assert.deepEqual(rows.map(({ topic }: { topic: string }) => topic).toSorted(), ['a/b', 'c/#'])
    await client.subscribeAsync('$exclusive/a/c')
    assert.match(await here('exclusive', 'list'), /^TOPIC +CLIENTID\na\/c +pump-7\n$/)
    assert.equal(await here('exclusive', 'delete', 'a/c'), 'ok\n')
    assert.equal(await here('clients', 'kick', 'pump-7'), 'ok\n')
    assert.equal(await here('clients', 'list'), 'none\n')
    const audit = (await managed.call('GET', '/audit?from=cli')).body
    assert.deepEqual([audit.data[0].source, audit.data[0].http_method], ['cli', 'delete'])
    assert.match(await here('broker', 'stats'), /^live_connections\.count +0$/m)
    assert.match(await here('listeners'), /^tcp:default +127\.0\.0\.1:0 +true/m)
  })

  it('make users and keys, and trace', async () => {
    await ok('ctl', 'admins', 'add', 'eve', 'looking-at-1', 'looks', 'viewer')
    assert.match(await ok('ctl', 'admins', 'list'), /^eve +viewer +looks$/m)
    await ok('ctl', 'admins', 'passwd', 'eve', 'looking-at-2')
    const login = { username: 'eve', password: 'looking-at-2' }
    assert.equal((await managed.call('POST', '/login', { body: login })).status, 200)
    const key = JSON.parse(await ok('ctl', 'api_keys', 'add', 'made', 'viewer', '--json'))
    const url = `http://127.0.0.1:${managed.port}`
    const flags = ['--url', url, '--api-key', key.api_key, '--api-secret', key.api_secret]
    assert.equal((await tideway(['ctl', 'status', ...flags])).code, 0)
    const refused = await tideway(['ctl', 'clients', 'kick', 'x', ...flags])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /^tideway: The role viewer may not/)
    await ok('ctl', 'trace', 'start', 'seen', 'clientid', 'p')
    await (await managed.connect('p')).endAsync()
    assert.match(await ok('ctl', 'trace', 'log', 'seen'), /client_connected/)
    await ok('ctl', 'trace', 'delete', 'seen')
    assert.equal(await ok('ctl', 'authz', 'cache-clean'), 'ok\n')
  })

  it('show, explain, change and take back configuration', async () => {
    assert.match(await ok('config', 'show', 'mqtt'), /^mqtt \{\n[^]*max_mqueue_len = 77\n/)
    assert.match(await ok('config', 'explain', 'mqtt.max_mqueue_len'), /= 77\n +from test:\d+/)
    const file = join(folder, 'change.conf')
    writeFileSync(file, 'mqtt.max_mqueue_len = 78')
    assert.match(await ok('config', 'diff', file), /^mqtt\.max_mqueue_len +77 +78 +new-conn/m)
    await ok('config', 'apply', file)
    const history = JSON.parse(await ok('config', 'history', '--json'))
    assert.equal(history[0].from, 'cli')
    await ok('config', 'rollback', String(history[0].version - 1))
    assert.match(await ok('config', 'show', 'mqtt.max_mqueue_len'), /= 77/)
    writeFileSync(file, 'mqtt.max_mqueue_len = many')
    assert.equal((await tideway(['config', 'validate', file])).code, 1)
  })

  it('change levels of the log and the places where it goes', async () => {
    const log = (...args: string[]): Promise<string> => here('log', ...args)
    assert.equal(await log('primary-level'), 'debug\n')
    assert.equal(await log('primary-level', 'info'), 'info\n')
    await log('set-level', 'error')
    await log('handlers', 'set-level', 'default', 'notice')
    await log('handlers', 'stop', 'console')
    const list = await log('handlers', 'list')
    assert.match(list, /^ID .*\nconsole +error +console +stopped\ndefault +notice .*stopped\n$/)
    await log('handlers', 'start', 'console')
    assert.match(await log('module-level', 'access', 'debug'), /^access +debug$/m)
    const { body } = await managed.call('GET', '/configs/log')
    assert.equal(body.module_levels.access, 'debug')
    assert.deepEqual([body.primary_level, body.console.enable], ['error', true])
    assert.doesNotMatch(await log('module-level', 'access', 'default'), /debug/)
    for (const wrong of [
      ['set-level', 'loud'],
      ['handlers', 'stop', 'nowhere'],
      ['module-level', 'kitchen', 'debug'],
    ]) {
      await assert.rejects(log(...wrong), /loud is no level|none of console, default|kitchen/)
    }
  })

  it('do what else emqx ctl does', async () => {
    assert.match(await here('cluster', 'status'), /^tideway@127\.0\.0\.1 +running/m)
    assert.match(await here('vm', 'memory'), /^memory_total +\S+\nmemory_used +\S+\n$/)
    assert.equal(await here('pem_cache', 'clean'), 'ok\n')
    await here('olp', 'enable')
    assert.equal(JSON.parse(await here('olp', 'status', '--json')).enable, true)
    await here('olp', 'disable')
    await here('listeners', 'enable', 'ws:default', 'false')
    assert.match(await here('listeners'), /^ws:default +\S+ +false/m)
    assert.match(await here('retainer', 'info'), /^retained\.count +\d+\n/)
    await assert.rejects(here('authz', 'cache-clean', 'client', 'nobody'), /no client nobody/)
    assert.match(await here('conf', 'show_keys'), /^mqtt$/m)
    const file = join(folder, 'load.conf')
    writeFileSync(file, 'mqtt.max_inflight = 9')
    await here('conf', 'load', '--merge', file)
    assert.match(await here('conf', 'remove', 'mqtt.max_inflight'), /max_inflight +9 +1024/)
    assert.equal(await here('traces', 'list'), 'none\n')
  })

  it('make a backup and take it over', async () => {
    const file = join(folder, 'backup.tar.gz')
    const made = await run('ctl', 'data', 'export', file, '--table-sets', 'banned', '--no-files')
    assert.deepEqual([made.code, made.stdout], [0, `${file}\n`])
    assert.match(made.stderr, /Passwords .* as they are/)
    assert.ok(statSync(file).size > 0)
    assert.equal(await ok('ctl', 'data', 'import', file), 'imported\n')
    const { body } = await managed.call('GET', '/audit?from=cli&operation_id=/data/import')
    assert.deepEqual([body.data.length, body.data[0].from], [1, 'cli'])
    assert.match(await ok('ctl', 'data', 'list'), /^backup\.tar\.gz/m)
  })

  it('say what is wrong, with an exit code', async () => {
    const unknown = await run('ctl', 'clients', 'show', 'nobody')
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /no client/i)
    const nowhere = await tideway(['ctl', 'status', '--data-dir', folder])
    assert.equal(nowhere.code, 3)
    assert.match(nowhere.stderr, /no node runs/)
    assert.equal((await run('ctl', 'clients', 'list', '--nonsense')).code, 1)
  })

  it('complete themselves in the shells', async () => {
    const bash = (await tideway(['completion', 'bash'])).stdout
    assert.match(bash, /'tideway ctl clients'\) echo 'list show kick /)
    assert.match((await tideway(['completion', 'fish'])).stdout, /complete -c tideway.*-a clients/)
    assert.equal((await tideway(['completion', 'dos'])).code, 1)
  })
})
