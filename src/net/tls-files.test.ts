import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { getCiphers } from 'node:tls'
import { ensureDevelopmentCertificates } from './certificate/development-certificates.ts'
import { loadTlsFiles, TlsConfigError, type TlsOptions, toOpenSslCipher } from './tls-files.ts'

describe('the files of a TLS server', () => {
  let folder: string
  let options: TlsOptions

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-tls-'))
    const { certfile, keyfile } = ensureDevelopmentCertificates(folder, Date.now())
    options = {
      certfile,
      keyfile,
      password: undefined,
      cacertfile: undefined,
      dhfile: undefined,
      versions: ['tlsv1.3', 'tlsv1.2'],
      ciphers: [],
      honorCipherOrder: true,
    }
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  function complaint(change: Partial<TlsOptions>): string {
    try {
      loadTlsFiles({ ...options, ...change })
    } catch (error) {
      assert.ok(error instanceof TlsConfigError, String(error))
      return error.message
    }
    return ''
  }

  it('are loaded', () => {
    assert.equal(complaint({}), '')
    assert.equal(complaint({ cacertfile: join(folder, 'ca.pem'), versions: ['tlsv1.2'] }), '')
    assert.equal(complaint({ ciphers: ['TLS_AES_128_GCM_SHA256'] }), '')
    assert.equal(complaint({ ciphers: ['ECDHE-ECDSA-AES128-GCM-SHA256'] }), '')
  })

  it('are named when one does not exist', () => {
    const message = complaint({ certfile: join(folder, 'none.pem') })
    assert.match(message, /certfile .*none\.pem .*ENOENT.*correct the path/)
  })

  it('are named when one is not PEM', () => {
    const path = join(folder, 'cert.der')
    writeFileSync(path, Buffer.from([0x30, 0x82, 0x01]))
    assert.match(complaint({ keyfile: path }), /keyfile .*cert\.der is not a PEM file/)
  })

  it('are named when the key does not belong to the certificate', () => {
    const path = join(folder, 'other.key')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    assert.match(
      complaint({ keyfile: path }),
      /other\.key does not belong to certfile .*server\.pem/,
    )
  })

  it('may have a password, and say when it is wrong or missing', () => {
    const path = join(folder, 'locked.key')
    const key = createPrivateKey(readFileSync(options.keyfile))
    const protection = { cipher: 'aes-256-cbc', passphrase: 'right' }
    writeFileSync(path, key.export({ type: 'pkcs8', format: 'pem', ...protection }))
    assert.equal(complaint({ keyfile: path, password: 'right' }), '')
    assert.match(complaint({ keyfile: path, password: 'wrong' }), /locked\.key cannot be decrypted/)
    assert.match(complaint({ keyfile: path }), /locked\.key cannot be decrypted/)
  })

  it('are named when their contents are damaged', () => {
    const path = join(folder, 'damaged.pem')
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n')
    assert.match(complaint({ certfile: path }), /damaged\.pem/)
  })

  it('say which cipher suites are unknown', () => {
    assert.match(complaint({ ciphers: ['NO-SUCH-CIPHER'] }), /NO-SUCH-CIPHER/)
  })
})

it('cipher suites may have their IANA names', () => {
  const pairs = [
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ecdhe-rsa-aes128-gcm-sha256'],
    ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ecdhe-ecdsa-aes256-gcm-sha384'],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ecdhe-rsa-chacha20-poly1305'],
    ['TLS_RSA_WITH_AES_128_CBC_SHA', 'aes128-sha'],
    ['TLS_DHE_RSA_WITH_AES_256_CBC_SHA256', 'dhe-rsa-aes256-sha256'],
    ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'aes256-gcm-sha384'],
    ['TLS_AES_256_GCM_SHA384', 'tls_aes_256_gcm_sha384'],
  ] as const
  for (const [iana, expected] of pairs) {
    assert.equal(toOpenSslCipher(iana).toLowerCase(), expected)
    assert.ok(getCiphers().includes(expected), expected)
  }
})
