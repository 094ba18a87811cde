/** `password_based:built_in_database` against clients of other makers. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { passwordCredentials } from '#access/authentication/users/password-credential.ts'
import { GLOBAL_CHAIN } from '#access/authentication/users/user-table.ts'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { needsMosquittoClients } from '../interop/foreign.ts'
import { runProgram } from '../interop/program.ts'
import { named, outcome } from './clients.ts'
import { exampleAuthenticator, examples } from './examples.ts'

const BAD_PASSWORD = 0x86
const NOT_AUTHORIZED = 0x87
const group = { chain: GLOBAL_CHAIN, mechanism: 'password_based' }

const PEPPER = 'red pepper'

describe('the built-in database', () => {
  let broker: TestBroker
  let port: number
  let folder: string
  let start: () => Promise<TestBroker>
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-users-'))
    const file = join(folder, 'users.csv')
    const [users = ''] = examples('csv')
    writeFileSync(file, users)
    const keys = { mechanism: 'password_based', backend: 'built_in_database' }
    const config = `authentication = [${exampleAuthenticator(keys, { bootstrap_file: file })}]`
    start = () => startBroker({ shards: 2, config, dataDir: join(folder, 'data') })
    broker = await start()
    port = broker.port('tcp:default')
  })
  after(async () => {
    await broker.stop()
    rmSync(folder, { recursive: true })
  })

  test('accepts users of the bootstrap file, on every shard', async () => {
    for (let round = 0; round < 8; round++) {
      assert.equal(await outcome(port, named('ada', PEPPER)), 'accepted')
    }
    assert.equal(await outcome(port, named('bob', 'with, comma')), 'accepted')
  })

  test('refuses a wrong password with 0x86, before MQTT 5 with 4', async () => {
    assert.equal(await outcome(port, named('ada', 'pepper')), BAD_PASSWORD)
    assert.equal(await outcome(port, { ...named('ada', 'x'), protocolVersion: 4 }), 4)
    assert.equal(await outcome(port, { username: 'ada' }), BAD_PASSWORD)
  })

  test('refuses whom nobody knows with 0x87, before MQTT 5 with 5', async () => {
    assert.equal(await outcome(port, named('eve', PEPPER)), NOT_AUTHORIZED)
    assert.equal(await outcome(port), NOT_AUTHORIZED)
    assert.equal(await outcome(port, { ...named('eve', 'x'), protocolVersion: 4 }), 5)
  })

  test('knows at once who is added, gets another password, or is removed', async () => {
    const { directory, passwords } = broker.node.users
    const maker = passwordCredentials({ name: 'sha256', salt_position: 'suffix' }, passwords)
    const user = { userId: 'new', password: 'one', isSuperuser: false }
    await directory.set(group, user, maker)
    assert.equal(await outcome(port, named('new', 'one')), 'accepted')
    await directory.set(group, { ...user, password: 'two' }, maker)
    assert.equal(await outcome(port, named('new', 'one')), BAD_PASSWORD)
    assert.equal(await outcome(port, named('new', 'two')), 'accepted')
    assert.equal(await directory.remove(group, 'new'), true)
    assert.equal(await directory.remove(group, 'new'), false)
    assert.equal(await outcome(port, named('new', 'two')), NOT_AUTHORIZED)
  })

  test('lists users in pages', () => {
    const { directory } = broker.node.users
    assert.deepEqual(directory.list(group, { skip: 0, limit: 1 }), {
      items: [{ userId: 'ada', isSuperuser: true }],
      count: 2,
    })
    const second = directory.list(group, { after: 'ada', skip: 0, limit: 9 })
    assert.deepEqual(second, { items: [{ userId: 'bob', isSuperuser: false }], count: 2 })
    const like = directory.list(group, { skip: 0, limit: 9, like: 'o', isSuperuser: false })
    assert.deepEqual(like, { items: [{ userId: 'bob', isSuperuser: false }], count: 1 })
  })

  test('has its users after a restart', async () => {
    await broker.stop()
    broker = await start()
    port = broker.port('tcp:default')
    assert.equal(await outcome(port, named('ada', PEPPER)), 'accepted')
    assert.equal(await outcome(port, named('ada', 'pepper')), BAD_PASSWORD)
  })

  test('never logs a password', () => {
    assert.ok(broker.lines.length > 0)
    assert.ok(!JSON.stringify(broker.lines).includes(PEPPER))
  })

  test('works with mosquitto_pub', needsMosquittoClients(), async () => {
    const common = ['-h', '127.0.0.1', '-p', String(port), '-t', 'a', '-m', 'x', '-q', '1']
    await runProgram('mosquitto_pub', [...common, '-u', 'ada', '-P', PEPPER])
    await assert.rejects(runProgram('mosquitto_pub', [...common, '-u', 'ada', '-P', 'no']))
  })
})

test('slow algorithms admit and refuse like fast ones, by client id as well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-users-'))
  const file = join(folder, 'users.json')
  const hash = '$2b$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y'
  const salt = '$2b$05$abcdefghijklmnopqrstuu'
  const users = [{ user_id: 'device', password_hash: hash, salt, is_superuser: false }]
  writeFileSync(file, JSON.stringify(users))
  const broker = await startBroker({
    threads: 'inline',
    config: `
      listeners.tcp.default.authentication = [
        {
          mechanism = password_based, backend = built_in_database, user_id_type = clientid
          password_hash_algorithm { name = bcrypt }
          bootstrap_file = ${JSON.stringify(file)}, bootstrap_type = hash
        }
      ]`,
  })
  const port = broker.port('tcp:default')
  assert.equal(await outcome(port, { clientId: 'device', ...named('', 'public') }), 'accepted')
  assert.equal(await outcome(port, { clientId: 'device', ...named('', 'x') }), BAD_PASSWORD)
  assert.equal(await outcome(port, { clientId: 'other', ...named('', 'public') }), NOT_AUTHORIZED)
  const open = await import('mqtt').then(({ default: mqtt }) => {
    return mqtt.connectAsync(`ws://127.0.0.1:${broker.port('ws:default')}/mqtt`)
  })
  await open.endAsync(true) // The chain belongs to the other listener alone.
  await broker.stop()
  rmSync(folder, { recursive: true })
})

test('a chain whose authenticators are switched off is none', async () => {
  const broker = await startBroker({
    threads: 'inline',
    config: `authentication = [
      { mechanism = password_based, backend = built_in_database, enable = false }
    ]`,
  })
  assert.equal(await outcome(broker.port('tcp:default')), 'accepted')
  await broker.stop()
})

test('a bootstrap file that cannot be read is logged, without what stands in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-users-'))
  const file = join(folder, 'users.csv')
  writeFileSync(file, `user_id,password\nada,"${PEPPER}`)
  const broker = await startBroker({
    threads: 'inline',
    config: `authentication = [{
      mechanism = password_based, backend = built_in_database
      bootstrap_file = ${JSON.stringify(file)}
    }]`,
  })
  const line = broker.lines.find(({ message }) => message === 'users_not_bootstrapped')
  assert.match(String(line?.fields?.['reason']), /line 2: a quote/)
  assert.ok(!JSON.stringify(broker.lines).includes(PEPPER))
  await broker.stop()
  rmSync(folder, { recursive: true })
})
