import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireInfo } from '../ports.ts'
import { certificateName } from './certificate-name.ts'

const bare: WireInfo = {
  listener: 'ssl:default',
  transport: 'ssl',
  peerHost: '192.0.2.1',
  peerPort: 1,
  localPort: 8883,
}

test('a certificate names its client by the part that is asked for', () => {
  const info = {
    ...bare,
    certCommonName: 'device',
    certSubject: 'O=Example,CN=device',
    certificate: Buffer.from([1, 2, 3, 255]),
    certMd5: '0a0b',
  }
  const parts = ['disabled', 'cn', 'dn', 'crt', 'pem', 'md5'] as const
  assert.deepEqual(
    parts.map((part) => certificateName(part, info)),
    [undefined, 'device', 'O=Example,CN=device', 'AQID/w==', 'AQID/w==', '0a0b'],
  )
})

test('a client without a certificate has no name of it', () => {
  for (const part of ['cn', 'dn', 'crt', 'pem', 'md5'] as const) {
    assert.equal(certificateName(part, bare), undefined)
  }
})
