import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLocalAddresses, limitProblem, readHostLimits } from './limits.ts'
import { makePlan } from './make-plan.ts'

const LIMITS = { descriptorsMax: 20_000, portsEach: 28_000 }

function addresses(clients: number, host: string, ifaddr: readonly string[] = []) {
  return chooseLocalAddresses(makePlan('conn', { clients, host, ifaddr }), LIMITS)
}

test('too few file descriptors are named with the limit that is needed', () => {
  assert.equal(limitProblem(10_000, LIMITS), undefined)
  const problem = limitProblem(50_000, LIMITS) ?? ''
  assert.match(problem, /50000 clients need 50064 file descriptors/)
  assert.match(problem, /20000: raise the hard limit \(ulimit -Hn 50064/)
})

test('many clients of a loopback address come from several: ports are found at once', () => {
  assert.deepEqual(addresses(5_000, '127.0.0.1'), [])
  assert.deepEqual(addresses(5_250, '127.0.0.1'), ['127.0.0.2', '127.0.0.3', '127.0.0.4'])
  assert.equal(addresses(60_000, '127.0.0.1')?.length, 35)
  assert.equal(addresses(6_000_000, '127.0.0.1')?.length, 253)
})

test('clients beyond the ports of one address need the names of others', () => {
  assert.deepEqual(addresses(28_000, '192.0.2.1'), [])
  assert.equal(addresses(28_001, '192.0.2.1'), undefined)
  assert.deepEqual(addresses(60_000, '192.0.2.1', ['192.0.2.7']), ['192.0.2.7'])
})

test('the limits of this host are read', () => {
  const { descriptorsMax, portsEach } = readHostLimits()
  assert.ok(descriptorsMax >= 64)
  assert.ok(portsEach > 0)
})
