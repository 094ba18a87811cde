/** TLS with pre-shared keys. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { needsMosquittoClients } from '../interop/foreign.ts'
import { runProgram } from '../interop/program.ts'
import { exampleAt } from './examples.ts'
import { visit, type Visit } from './openssl-client.ts'

const KEY = 'a key of some length'

/** A visit with a key, as OpenSSL does it. */
function visitWith(port: number, identity: string, key: string): Promise<Visit> {
  const hexadecimal = Buffer.from(key).toString('hex')
  return visit(port, '-tls1_2', '-psk_identity', identity, '-psk', hexadecimal, '-cipher', 'PSK')
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
        ${exampleAt('psk_authentication', { init_file: file })}
        listeners.ssl.default { bind = "127.0.0.1:0" }`,
    })
    port = broker.port('ssl:default')
  })
  after(async () => {
    await broker.stop()
    rmSync(folder, { recursive: true })
  })

  test('the key of the identity opens, another one does not', async () => {
    const { isLetIn, text } = await visitWith(port, 'device-7', KEY)
    assert.ok(isLetIn)
    assert.match(text, /Cipher is \S*PSK/)
    assert.equal((await visitWith(port, 'device-7', 'another key')).isLetIn, false)
  })

  test('an identity that is not known fails as a wrong key does', async () => {
    const alertOf = ({ text }: Visit) => /SSL alert number \d+/.exec(text)?.[0]
    const wrongKey = alertOf(await visitWith(port, 'device-7', 'another key'))
    assert.ok(wrongKey)
    assert.equal(alertOf(await visitWith(port, 'stranger', KEY)), wrongKey)
  })

  test('clients with certificates go on as before', async () => {
    const { isLetIn, text } = await visit(port)
    assert.ok(isLetIn)
    assert.doesNotMatch(text, /Cipher is \S*PSK/)
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
