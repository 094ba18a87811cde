/** What every authenticator over another system has to do. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { NeedOptions } from '../../support/needs-package.ts'
import type { TestServer } from '../../support/servers/local-server.ts'
import { needsMosquittoClients } from '../../interop/foreign.ts'
import { Program } from '../../interop/program.ts'
import { AccessRig, publishCode } from '../access-rig.ts'

const PATIENCE_MS = 30_000
const PAUSE_MS = 20
/** What 50 requests would take, of which each waits for a system that hangs. */
const EACH_WAITS_MS = 20_000

/** Codes of CONNACK (MQTT 5 §3.2.2.2). */
export const Connack = { ACCEPTED: 0, WRONG_PASSWORD: 0x86, UNKNOWN: 0x87, UNAVAILABLE: 0x88 }

/** Users that every system of the tests has. `boss` is a superuser. */
export const USERS = [
  { name: 'ann', password: 'ann-pw', salt: 's1', isSuperuser: false },
  { name: 'boss', password: 'boss-pw', salt: 's2', isSuperuser: true },
  { name: "o'neil; --", password: 'odd "pw"', salt: '', isSuperuser: false },
] as const

/** The password of a user as it is stored: SHA-256 of salt and password. */
export function hashOf({ password, salt }: { password: string; salt: string }): string {
  return createHash('sha256')
    .update(salt + password)
    .digest('hex')
}

/** Names and passwords that nobody has, and that would mean something if they were not escaped. */
const STRANGERS = [
  ['nobody', 'ann-pw'],
  ["ann' OR '1'='1", 'ann-pw'],
  ["x' UNION SELECT password_hash, salt, true FROM mqtt_user --", 'x'],
  ['*', 'ann-pw'],
  ['ann)(uid=*', 'ann-pw'],
  ['ann,ou=other', 'ann-pw'],
  ['ann password_hash', 'ann-pw'],
  ['${username}', 'ann-pw'],
  ['{"$ne":null}', 'ann-pw'],
] as const

/** A system for the tests of one authenticator. */
export interface AuthenticationRig {
  readonly server: TestServer
  /** The example of docs/access-control.md, which asks the system for `${username}`. */
  readonly authenticator: string
  /** As before; what the system answers is nonsense. */
  readonly nonsense: string
  /** The code for a wrong password. Default: `WRONG_PASSWORD`. */
  readonly wrongPassword?: number
}

/** What starts a system when it is first asked for, once, and removes it at the end of the file. */
export function shared<System extends { remove(): Promise<void> }>(
  start: () => Promise<System>,
): () => Promise<System> {
  let started: Promise<System> | undefined
  after(async () => (await started)?.remove())
  return () => (started ??= start())
}

const QUICK_MS = '400ms'
const CONNECT_QUICK_MS = '1000ms'

/** Limits under which tests end soon. */
export const QUICK = { query_timeout: QUICK_MS, connect_timeout: CONNECT_QUICK_MS, pool_size: 4 }

/** The same keys for tests in which nothing has to take too long. */
export function patient(keys: string): string {
  return keys.replaceAll(QUICK_MS, '10s').replaceAll(CONNECT_QUICK_MS, '10s')
}

/** How the tests of a system differ from others. */
export interface AuthenticationOptions {
  readonly needs?: NeedOptions
  /** Numbers of shards that decisions are tested with. */
  readonly shardCounts?: readonly number[]
}

/** A rig for one test: a broker that asks the system. */
interface Rigs {
  readonly backend: () => AuthenticationRig
  /** @param authenticator default: the one that works */
  readonly broker: (
    context: TestContext,
    shards?: number,
    authenticator?: string,
  ) => Promise<AccessRig>
}

/** Runs the tests that all authenticators over other systems pass. */
export function describeAuthentication(
  name: string,
  start: () => Promise<AuthenticationRig>,
  { needs = {}, shardCounts = [1] }: AuthenticationOptions = {},
): void {
  describe(`authentication by ${name}`, needs, () => {
    let backend: AuthenticationRig
    before(async () => {
      backend = await start()
    })

    const broker: Rigs['broker'] = (context, shards = 1, authenticator = backend.authenticator) =>
      AccessRig.start(
        context,
        shards,
        `authentication = [${authenticator}]
         authorization { no_match = deny, sources = [] }
         listeners.tcp.other { bind = "127.0.0.1:0", enable_authn = false }`,
      )
    const rigs = { backend: () => backend, broker }
    testDecisions(rigs, shardCounts)
    testOutages(rigs)
    testNonsense(rigs)
  })
}

function testDecisions({ backend, broker }: Rigs, shardCounts: readonly number[]): void {
  for (const shards of shardCounts) {
    it(`admits who has the password, and nobody else, with ${shards} shards`, async (context) => {
      const rig = await broker(context, shards, patient(backend().authenticator))
      await eventuallyAdmits(rig)
      for (const { name: username, password } of USERS) {
        assert.equal(await rig.connectCode({ username, password }), Connack.ACCEPTED, username)
        const wrong = { username, password: `${password} ` }
        assert.equal(await rig.connectCode(wrong), wrongPassword(backend()), username)
        assert.equal(await rig.connectCode({ username, password: '' }), wrongPassword(backend()))
      }
      for (const [username, password] of STRANGERS) {
        const code = await rig.connectCode({ username, password })
        assert.ok(code === Connack.UNKNOWN || code === Connack.WRONG_PASSWORD, username)
      }
      assert.notEqual(await rig.connectCode({}), Connack.ACCEPTED, 'without a name')
    })
  }

  it('is what mosquitto_pub meets', needsMosquittoClients(), async (context) => {
    const rig = await broker(context, 1, patient(backend().authenticator))
    await eventuallyAdmits(rig)
    const publish = (...more: readonly string[]) => {
      const port = String(rig.broker.port('tcp:default'))
      const words = ['-h', '127.0.0.1', '-p', port, '-V', 'mqttv5', '-t', 'a', '-m', 'm', ...more]
      return new Program('mosquitto_pub', words).ended()
    }
    assert.equal((await publish('-u', 'boss', '-P', 'boss-pw', '-q', '1')).code, 0)
    assert.equal((await publish('-u', 'boss', '-P', 'wrong')).code, wrongPassword(backend()))
  })

  it('knows who is a superuser', async (context) => {
    const rig = await broker(context, 1, patient(backend().authenticator))
    await eventuallyAdmits(rig)
    const boss = await rig.connect({ username: 'boss', password: 'boss-pw' })
    assert.equal(await publishCode(boss, 'a/b'), 0)
    const ann = await rig.connect({ username: 'ann', password: 'ann-pw' })
    assert.equal(await publishCode(ann, 'a/b'), 0x87)
  })
}

function testOutages({ backend, broker }: Rigs): void {
  it('lets nobody in while the system hangs, and keeps nobody else waiting', async (context) => {
    const rig = await broker(context)
    await eventuallyAdmits(rig)
    const other = await rig.connect({ username: 'boss', password: 'boss-pw' })
    backend().server.pause()
    try {
      const waiting = Array.from({ length: 20 }, () => code(rig))
      assert.equal(await rig.connectCode({}, 'tcp:other'), 0, 'another listener')
      const startedMs = performance.now()
      for (let count = 0; count < 50; count++) assert.equal(await publishCode(other, 't'), 0)
      assert.ok(performance.now() - startedMs < EACH_WAITS_MS, 'nobody waits 50 times 400 ms')
      for (const one of await Promise.all(waiting)) assert.equal(one, Connack.UNAVAILABLE)
    } finally {
      backend().server.resume()
    }
    await eventuallyAdmits(rig)
  })

  it('waits for a slow answer within the limit, and nobody else does', async (context) => {
    const rig = await broker(context, 1, patient(backend().authenticator))
    await eventuallyAdmits(rig)
    backend().server.pause()
    const [right, wrong] = [code(rig), rig.connectCode({ username: 'ann', password: 'x' })]
    try {
      assert.equal(await rig.connectCode({}, 'tcp:other'), 0, 'another listener')
    } finally {
      backend().server.resume()
    }
    assert.equal(await right, Connack.ACCEPTED)
    assert.equal(await wrong, wrongPassword(backend()))
  })

  it('lets nobody in while the system is away, and heals when it is back', async (context) => {
    const rig = await broker(context)
    await eventuallyAdmits(rig)
    await backend().server.kill()
    for (let count = 0; count < 10; count++) {
      assert.equal(await code(rig), Connack.UNAVAILABLE)
    }
    await backend().server.start()
    await eventuallyAdmits(rig)
    const wrong = { username: 'ann', password: 'x' }
    assert.equal(await rig.connectCode(wrong), wrongPassword(backend()))
  })

  it('starts while the system is away', async (context) => {
    await backend().server.kill()
    const rig = await broker(context)
    assert.equal(await code(rig), Connack.UNAVAILABLE)
    await backend().server.start()
    await eventuallyAdmits(rig)
  })
}

function testNonsense({ backend, broker }: Rigs): void {
  it('lets nobody in when what the system answers is nonsense', async (context) => {
    const rig = await broker(context, 1, backend().nonsense)
    for (let count = 0; count < 3; count++) {
      assert.equal(await code(rig), Connack.UNAVAILABLE)
    }
    const said = rig.broker.lines.filter(({ message }) => message === 'authenticator_failed')
    assert.ok(said.length > 0, 'the log tells why')
    assert.doesNotMatch(JSON.stringify(said), /Secret|ann-pw/, 'and no secrets')
  })
}

function wrongPassword({ wrongPassword: code }: AuthenticationRig): number {
  return code ?? Connack.WRONG_PASSWORD
}

function code(rig: AccessRig): Promise<number> {
  return rig.connectCode({ username: 'ann', password: 'ann-pw' })
}

/** Waits until the right client is let in. */
export async function eventuallyAdmits(rig: AccessRig): Promise<void> {
  const endsAtMs = performance.now() + PATIENCE_MS
  for (;;) {
    const got = await code(rig)
    if (got === Connack.ACCEPTED) return
    assert.equal(got, Connack.UNAVAILABLE, 'no other answer before it works')
    assert.ok(performance.now() < endsAtMs, 'in time')
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
