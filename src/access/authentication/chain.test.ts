import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Accepted, AuthenticateResult, ConnectRequest, Continued } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import {
  type Authenticator,
  type AuthenticatorResult,
  IGNORE,
  UNAVAILABLE,
} from '#plugin/define-authenticator.ts'
import { AuthenticatorMeter, authenticatorNumbers, METERS_BYTES } from './authenticator-meter.ts'
import { AuthenticatorChain, type ChainLink } from './chain.ts'

const ACCEPTED: Accepted = { allowed: true, isSuperuser: false }
const REFUSED = { allowed: false, reason: ReasonCode.BANNED, reasonString: 'no' } as const
const NEVER = new Promise<AuthenticatorResult>(() => {})
const NOTHING = () => {}

const request: ConnectRequest = {
  clientId: 'c',
  username: undefined,
  password: undefined,
  protocolVersion: 5,
  cleanStart: true,
  keepAliveSeconds: 60,
  wire: { listener: 'tcp:default', transport: 'tcp', peerHost: '::1', peerPort: 1, localPort: 1 },
}

type Answer = () => AuthenticatorResult | Promise<AuthenticatorResult>

class Rig {
  readonly asked: number[] = []
  readonly warnings: unknown[] = []
  readonly memory = new SharedArrayBuffer(METERS_BYTES * 2)
  readonly chain: AuthenticatorChain

  constructor(answers: readonly Answer[], timeoutMs = 1000, methods: readonly string[] = []) {
    const links = answers.map((answer, place): ChainLink => {
      const authenticator: Authenticator = {
        authenticate: () => {
          this.asked.push(place)
          return answer()
        },
        status: () => ({ status: 'connected' }),
        close: NOTHING,
      }
      const meter = new AuthenticatorMeter(this.memory, 1, place)
      return { id: `a${place}`, authenticator, methods, meter }
    })
    const warn = (...line: unknown[]) => this.warnings.push(line)
    const log = { debug: NOTHING, info: NOTHING, warn, error: NOTHING }
    const monotonicMs = () => performance.now()
    this.chain = new AuthenticatorChain(links, { log, monotonicMs, timeoutMs, waitingMax: 2 })
  }

  ask(more: Partial<ConnectRequest> = {}): Promise<AuthenticateResult> {
    return new Promise((resolve) => this.chain.authenticate({ ...request, ...more }, resolve))
  }
}

function reasonOf(result: AuthenticateResult): number | string {
  return result.allowed === false ? result.reason : String(result.allowed)
}

describe('a chain of authenticators', () => {
  test('asks one after the other until one decides', async () => {
    const rig = new Rig([() => IGNORE, async () => IGNORE, () => ACCEPTED, () => REFUSED])
    assert.equal(await rig.ask(), ACCEPTED)
    assert.deepEqual(rig.asked, [0, 1, 2])
    const refusing = new Rig([() => REFUSED, () => ACCEPTED])
    assert.equal(await refusing.ask(), REFUSED)
    assert.deepEqual(refusing.asked, [0])
  })

  test('answers before it returns when its authenticators do', () => {
    const rig = new Rig([() => IGNORE, () => ACCEPTED])
    const results: AuthenticateResult[] = []
    rig.chain.authenticate(request, (result) => results.push(result))
    assert.deepEqual(results, [ACCEPTED])
  })

  test('tells of an authenticator that fails once in a while, not for each client', async () => {
    const rig = new Rig([() => Promise.reject(new Error('down'))])
    for (let count = 0; count < 5; count++) {
      assert.equal(reasonOf(await rig.ask()), ReasonCode.SERVER_UNAVAILABLE)
    }
    assert.deepEqual(rig.warnings, [
      ['authenticator_failed', { authenticator: 'a0', reason: 'down' }],
    ])
  })

  test('refuses whom nobody knows', async () => {
    assert.equal(reasonOf(await new Rig([() => IGNORE, () => IGNORE]).ask()), 0x87)
  })

  test('says that the server is unavailable when one could not be asked', async () => {
    assert.equal(reasonOf(await new Rig([() => UNAVAILABLE, () => IGNORE]).ask()), 0x88)
    assert.equal(await new Rig([() => UNAVAILABLE, () => ACCEPTED]).ask(), ACCEPTED)
  })

  test('lets nobody in by an authenticator that fails', async () => {
    const failing: readonly Answer[] = [
      () => {
        throw new Error('broken')
      },
      () => Promise.reject(new Error('broken')),
    ]
    for (const answer of failing) {
      const rig = new Rig([answer])
      assert.equal(reasonOf(await rig.ask()), 0x88)
      assert.deepEqual(rig.warnings, [
        ['authenticator_failed', { authenticator: 'a0', reason: 'broken' }],
      ])
    }
  })

  test('goes on after its time limit', async () => {
    const rig = new Rig([() => NEVER], 20)
    assert.equal(reasonOf(await rig.ask()), 0x88)
    assert.equal(rig.chain.waiting, 0)
  })

  test('lets only so many wait', async () => {
    const rig = new Rig([() => NEVER], 20)
    const waiting = [rig.ask(), rig.ask()]
    assert.equal(reasonOf(await rig.ask()), 0x89)
    await Promise.all(waiting)
    assert.equal(reasonOf(await rig.ask()), 0x88)
  })

  test('asks for a method only those who know it, and others only without', async () => {
    const plain = new Rig([() => ACCEPTED])
    assert.equal(reasonOf(await plain.ask({ method: 'M' })), 0x8c)
    const enhanced = new Rig([() => ACCEPTED], 1000, ['M'])
    assert.equal(await enhanced.ask({ method: 'M' }), ACCEPTED)
    assert.equal(reasonOf(await enhanced.ask()), 0x87)
  })

  test('has the limits in every step of an exchange', async () => {
    const steps: Continued = {
      allowed: 'continue',
      methodData: Buffer.from('1'),
      next: (data, done) => {
        if (data.length > 0) done({ ...steps, methodData: Buffer.from('2') })
      },
    }
    const rig = new Rig([() => steps], 20, ['M'])
    const first = await rig.ask({ method: 'M' })
    assert.ok(first.allowed === 'continue')
    const next = (from: Continued, data: string): Promise<AuthenticateResult> =>
      new Promise((resolve) => from.next(Buffer.from(data), resolve))
    const second = await next(first, 'x')
    assert.ok(second.allowed === 'continue')
    assert.equal(reasonOf(await next(second, '')), 0x88)
  })

  test('counts outcomes and how long they took, over all shards', async () => {
    const rig = new Rig([() => IGNORE, () => ACCEPTED])
    await rig.ask()
    new AuthenticatorMeter(rig.memory, 0, 1).count(false, 30)
    assert.deepEqual(authenticatorNumbers(rig.memory, 0), {
      total: 1,
      success: 0,
      failed: 0,
      nomatch: 1,
      latency: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    })
    assert.deepEqual(authenticatorNumbers(rig.memory, 1), {
      total: 2,
      success: 1,
      failed: 1,
      nomatch: 0,
      latency: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    })
  })
})
