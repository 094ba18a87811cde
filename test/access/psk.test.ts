/** TLS with pre-shared keys. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { needsMosquittoClients } from '../interop/foreign.ts'
import { runProgram } from '../interop/program.ts'

const KEY = 'a key of some length'

/** Resolves with the name of the cipher suite, or with the error of the handshake. */
function handshake(port: number, identity: string, key: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      maxVersion: 'TLSv1.2',
      ciphers: 'PSK',
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ psk: Buffer.from(key), identity }),
    })
    socket.once('secureConnect', () => {
      resolve(socket.getCipher().name)
      socket.destroy()
    })
    socket.once('error', (error: Error & { code?: string }) => resolve(error.code ?? 'error'))
    socket.once('close', () => resolve('closed'))
  })
}

describe('pre-shared keys', () => {
  let broker: TestBroker
  let port: number
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-psk-'))
    const file = join(folder, 'psk.txt')
    writeFileSync(file, `other:x\ndevice-7:${KEY}\n`)
    broker = await startBroker({
      config: `
        psk_authentication { enable = true, init_file = ${JSON.stringify(file)} }
        listeners.ssl.default { bind = "127.0.0.1:0" }`,
    })
    port = broker.port('ssl:default')
  })
  after(async () => {
    await broker.stop()
    rmSync(folder, { recursive: true })
  })

  test('the key of the identity opens, another one does not', async () => {
    assert.match(await handshake(port, 'device-7', KEY), /PSK/)
    assert.doesNotMatch(await handshake(port, 'device-7', 'another key'), /PSK-/)
  })

  test('an identity that is not known fails as a wrong key does', async () => {
    const wrongKey = await handshake(port, 'device-7', 'another key')
    assert.equal(await handshake(port, 'stranger', KEY), wrongKey)
  })

  test('clients with certificates go on as before', async () => {
    const cipher = await new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      socket.once('secureConnect', () => {
        resolve(socket.getCipher().name)
        socket.destroy()
      })
      socket.once('error', reject)
    })
    assert.doesNotMatch(cipher, /PSK/)
  })

  test('works with mosquitto_pub', needsMosquittoClients(), async () => {
    const key = Buffer.from(KEY).toString('hex')
    const psk = ['--psk', key, '--psk-identity', 'device-7', '--tls-version', 'tlsv1.2']
    const common = ['-h', '127.0.0.1', '-p', String(port), ...psk]
    await runProgram('mosquitto_pub', [...common, '-t', 'a', '-m', 'x', '-q', '1'])
  })

  test('no key is logged', () => {
    assert.ok(!JSON.stringify(broker.lines).includes(KEY))
  })
})
