import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatAddress, isLoopbackAddress, makeAddressFilter, plainAddress } from './ip-address.ts'

describe('addresses', () => {
  it('lose the IPv6 form of IPv4', () => {
    assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
    assert.equal(plainAddress('::FFFF:192.0.2.1'), '192.0.2.1')
    assert.equal(plainAddress('2001:db8::1'), '2001:db8::1')
  })

  it('are of this host or not', () => {
    for (const address of ['127.0.0.1', '127.255.1.2', '::1', '::ffff:127.0.0.1']) {
      assert.equal(isLoopbackAddress(address), true, address)
    }
    for (const address of ['128.0.0.1', '10.127.0.1', '::2', '::ffff:10.0.0.1', '1127.0.0.1', '']) {
      assert.equal(isLoopbackAddress(address), false, address)
    }
  })

  it('are shown with their port', () => {
    assert.equal(formatAddress('192.0.2.1', 1883), '192.0.2.1:1883')
    assert.equal(formatAddress('::1', 1883), '[::1]:1883')
  })
})

describe('rules about addresses', () => {
  const allowAll = { permission: 'allow' } as const

  it('decide by the first one that covers the address', () => {
    const decide = makeAddressFilter([
      { permission: 'allow', address: '192.168.5.7' },
      { permission: 'deny', address: '192.168.5.0', prefixBits: 24 },
      { permission: 'deny', address: '2001:db8::', prefixBits: 32 },
      allowAll,
    ])
    assert.equal(decide('192.168.5.7'), true)
    assert.equal(decide('192.168.5.8'), false)
    assert.equal(decide('192.168.6.8'), true)
    assert.equal(decide('2001:db8:1::1'), false)
    assert.equal(decide('2001:db9::1'), true)
  })

  it('refuse what none covers', () => {
    const decide = makeAddressFilter([{ permission: 'allow', address: '10.0.0.0', prefixBits: 8 }])
    assert.equal(decide('10.1.2.3'), true)
    assert.equal(decide('11.1.2.3'), false)
    assert.equal(makeAddressFilter([])('10.1.2.3'), false)
  })

  it('may begin with a rule for everybody', () => {
    assert.equal(makeAddressFilter([allowAll])('203.0.113.9'), true)
    assert.equal(makeAddressFilter([{ permission: 'deny' }, allowAll])('203.0.113.9'), false)
  })
})
