/** What every source of rules in another system has to do. */
import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import type { NeedOptions } from '../../support/needs-package.ts'
import type { TestServer } from '../../support/servers/local-server.ts'
import { AccessRig, publishCode, subscribeCodes } from '../access-rig.ts'
import { patient } from './authentication-kit.ts'

const DENIED = 0x87
const PATIENCE_MS = 30_000
const PAUSE_MS = 20
/** What 20 clients would take, of which each waits for a system that hangs. */
const EACH_WAITS_MS = 8000

/** Rules that every system of the tests has for the user `ann`, as far as it can hold them. */
export const RULES = [
  { permission: 'deny', action: 'all', topic: 'deny/#' },
  { permission: 'allow', action: 'publish', topic: 'up/#', qos: '0,1' },
  { permission: 'allow', action: 'publish', topic: 'kept/#', retain: 1 },
  { permission: 'allow', action: 'subscribe', topic: 'down/${clientid}/+' },
  { permission: 'allow', action: 'all', topic: 'eq both/+' },
] as const

/** A system for the tests of one source. */
export interface AuthorizationRig {
  readonly server: TestServer
  /** The example of docs/access-control.md, which asks the system for `${username}`. */
  readonly source: string
  /** As before; what the system answers is nonsense. */
  readonly nonsense: string
}

/** What rules of a system can say. */
export interface AuthorizationOptions {
  readonly needs?: NeedOptions
  /** They may depend on QoS and retain. */
  readonly hasConditions?: boolean
  /** They may forbid. */
  readonly hasDenials?: boolean
  /** Numbers of shards that decisions are tested with. */
  readonly shardCounts?: readonly number[]
}

interface Rigs {
  readonly backend: () => AuthorizationRig
  readonly broker: (context: TestContext, shards?: number, more?: string) => Promise<AccessRig>
}

/** Runs the tests that all sources of rules in other systems pass. */
export function describeAuthorization(
  name: string,
  start: () => Promise<AuthorizationRig>,
  {
    needs = {},
    hasConditions = true,
    hasDenials = true,
    shardCounts = [1],
  }: AuthorizationOptions = {},
): void {
  describe(`authorization by ${name}`, needs, () => {
    let backend: AuthorizationRig
    before(async () => {
      backend = await start()
    })

    const broker: Rigs['broker'] = (context, shards = 1, more = `sources = [${backend.source}]`) =>
      AccessRig.start(
        context,
        shards,
        `authorization { no_match = deny, cache.excludes = ["#"], ${more} }`,
      )
    const rigs = { backend: () => backend, broker }
    testDecisions(rigs, shardCounts)
    if (hasConditions) testConditions(rigs)
    if (hasDenials) testDenials(rigs)
    testOutages(rigs)
  })
}

function testDecisions({ backend, broker }: Rigs, shardCounts: readonly number[]): void {
  for (const shards of shardCounts) {
    it(`decides about topics, with ${shards} shards`, async (context) => {
      const rig = await broker(context, shards, `sources = [${patient(backend().source)}]`)
      const ann = await rig.connect({ username: 'ann', clientId: 'c1' })
      await eventuallyAllowed(() => publishCode(ann, 'up/a'))
      assert.equal(await publishCode(ann, 'up/a/b'), 0)
      assert.equal(await publishCode(ann, 'other/a'), DENIED)
      assert.equal(await publishCode(ann, 'down/c1/x'), DENIED, 'only for subscribers')
      assert.equal(await publishCode(ann, 'both/a'), DENIED, 'equal means equal')
      const filters = ['down/c1/x', 'down/c2/x', 'both/+', 'both/a', 'up/a', '#']
      const codes = await subscribeCodes(ann, filters)
      assert.deepEqual(codes, [0, DENIED, 0, DENIED, DENIED, DENIED])
    })
  }

  it('allows nothing to clients that it does not know', async (context) => {
    const rig = await broker(context)
    const ann = await rig.connect({ username: 'ann' })
    await eventuallyAllowed(() => publishCode(ann, 'up/a'))
    for (const username of ['bob', "ann' OR '1'='1", '*', 'ann)(uid=*', 'ann,ou=x', undefined]) {
      const other = await rig.connect(username === undefined ? {} : { username })
      assert.equal(await publishCode(other, 'up/a'), DENIED, String(username))
    }
  })
}

function testConditions({ broker }: Rigs): void {
  it('observes QoS and retain', async (context) => {
    const rig = await broker(context)
    const ann = await rig.connect({ username: 'ann' })
    await eventuallyAllowed(() => publishCode(ann, 'up/a', 1))
    assert.equal(await publishCode(ann, 'up/a', 2), DENIED)
    assert.equal(await publishCode(ann, 'kept/a', 1, true), 0)
    assert.equal(await publishCode(ann, 'kept/a', 1, false), DENIED)
  })
}

function testDenials({ backend, broker }: Rigs): void {
  it('forbids, and leaves the rest to others', async (context) => {
    const rig = await broker(context, 1, `no_match = allow, sources = [${backend().source}]`)
    const ann = await rig.connect({ username: 'ann' })
    await eventuallyAllowed(() => publishCode(ann, 'free/a'))
    assert.equal(await publishCode(ann, 'deny/a'), DENIED)
  })
}

function testOutages({ backend, broker }: Rigs): void {
  it('allows nothing while the system hangs, and keeps nobody else waiting', async (context) => {
    const rig = await broker(context)
    const ann = await rig.connect({ username: 'ann' })
    await eventuallyAllowed(() => publishCode(ann, 'up/a'))
    backend().server.pause()
    try {
      const asked = publishCode(ann, 'up/a')
      const startedMs = performance.now()
      for (let count = 0; count < 20; count++) await rig.connect({ username: `other${count}` })
      assert.ok(performance.now() - startedMs < EACH_WAITS_MS, 'nobody waits 20 times 400 ms')
      assert.equal(await asked, DENIED)
    } finally {
      backend().server.resume()
    }
    await eventuallyAllowed(() => publishCode(ann, 'up/a'))
  })

  it('waits for a slow answer within the limit, and nobody else does', async (context) => {
    const rig = await broker(context, 1, `sources = [${patient(backend().source)}]`)
    const ann = await rig.connect({ username: 'ann' })
    await eventuallyAllowed(() => publishCode(ann, 'up/a'))
    backend().server.pause()
    const [right, wrong] = [publishCode(ann, 'up/a'), publishCode(ann, 'other/a')]
    try {
      await rig.connect({ username: 'other' })
    } finally {
      backend().server.resume()
    }
    assert.deepEqual([await right, await wrong], [0, DENIED])
  })

  it('allows nothing while the system is away, and heals when it is back', async (context) => {
    const sources = `no_match = allow, sources = [${backend().source}]`
    const rig = await broker(context, 1, sources)
    const ann = await rig.connect({ username: 'ann' })
    await eventuallyAllowed(() => publishCode(ann, 'up/a'))
    await backend().server.kill()
    for (let count = 0; count < 10; count++) {
      assert.equal(await publishCode(ann, 'up/a'), DENIED, 'what it would have said is not known')
    }
    await backend().server.start()
    await eventuallyAllowed(() => publishCode(ann, 'up/a'))
  })

  it('allows nothing when what the system answers is nonsense', async (context) => {
    const rig = await broker(context, 1, `no_match = allow, sources = [${backend().nonsense}]`)
    const ann = await rig.connect({ username: 'ann' })
    for (let count = 0; count < 3; count++) assert.equal(await publishCode(ann, 'up/a'), DENIED)
    const said = rig.broker.lines.filter(({ message }) => message === 'authorization_source_failed')
    assert.ok(said.length > 0, 'the log tells why')
    assert.doesNotMatch(JSON.stringify(said), /Secret/, 'and no secrets')
  })
}

/** Waits until something that the rules allow is allowed. */
async function eventuallyAllowed(ask: () => Promise<number>): Promise<void> {
  const endsAtMs = performance.now() + PATIENCE_MS
  for (;;) {
    const got = await ask()
    if (got === 0) return
    assert.equal(got, DENIED)
    assert.ok(performance.now() < endsAtMs, 'in time')
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
