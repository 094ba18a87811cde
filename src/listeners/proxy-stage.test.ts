import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseProxyHeader } from '#codec/proxyprotocol/proxy-header.ts'
import type { Peer } from './peer.ts'
import { peerBehind } from './proxy-stage.ts'

function behind(directHost: string, claimedHost: string): Peer | string {
  const peer = {
    host: directHost,
    port: 5000,
    directHost,
    localHost: '127.0.0.1',
    localPort: 1883,
    certCommonName: undefined,
    certSubject: undefined,
    certificate: undefined,
  }
  const family = claimedHost.includes(':') ? 'TCP6' : 'TCP4'
  const line = `PROXY ${family} ${claimedHost} ${claimedHost} 4000 1883\r\n`
  return peerBehind(peer, parseProxyHeader(Buffer.from(line)))
}

it('takes the client from the header of a proxy on any host', () => {
  const peer = behind('198.51.100.1', '192.0.2.7')
  assert.ok(typeof peer !== 'string')
  assert.equal(peer.host, '192.0.2.7')
  assert.equal(peer.port, 4000)
  assert.equal(peer.directHost, '198.51.100.1')
})

it('lets nobody elsewhere claim to be a client on this host', () => {
  for (const claimed of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
    const complaint = behind('198.51.100.1', claimed)
    assert.ok(typeof complaint === 'string', claimed)
    assert.match(complaint, /claims a client on this host/)
  }
  assert.ok(typeof behind('127.0.0.1', '127.0.0.1') !== 'string')
  assert.ok(typeof behind('::1', '127.0.0.1') !== 'string')
})
