/** TLS with pre-shared keys. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { needsMosquittoClients } from '../interop/foreign.ts'
import { startManaged } from '../management/support/managed-broker.ts'
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
  let file: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-psk-'))
    file = join(folder, 'psk.txt')
    writeFileSync(file, `other:x\ndevice-7:${KEY}\n`, { mode: 0o644 })
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

  test('the log says that others may read the file', () => {
    const isSaid = broker.lines.some(({ message, fields }) => {
      return message === 'secret_file_readable_by_all' && fields?.['path'] === file
    })
    assert.ok(isSaid)
  })

  test('a changed file is taken into use, a broken one is named and left alone', async () => {
    const isLetIn = async (key: string) => (await visitWith(port, 'device-7', key)).isLetIn
    writeFileSync(file, 'device-7:another key')
    await broker.node.reload()
    assert.deepEqual([await isLetIn(KEY), await isLetIn('another key')], [false, true])
    writeFileSync(file, `device-7:x\n${KEY}`)
    await broker.node.reload()
    assert.ok(await isLetIn('another key'))
    const line = broker.lines.find(({ message }) => message === 'certificates_not_reloaded')
    assert.match(String(line?.fields?.['reason']), /psk\.txt line 2 is not of the form/)
  })

  test('no key is logged', () => {
    assert.ok(!JSON.stringify(broker.lines).includes(KEY))
  })
})

test('pre-shared keys are switched on and off while the node runs', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-psk-'))
  const file = join(folder, 'psk.txt')
  const managed = await startManaged({ config: 'listeners.ssl.default { bind = "127.0.0.1:0" }' })
  context.after(async () => {
    await managed.stop()
    rmSync(folder, { recursive: true })
  })
  const port = managed.broker.port('ssl:default')
  const put = (more: string) => {
    const body = `${exampleAt('psk_authentication', { init_file: file })}\n${more}`
    return managed.call('PUT', '/configs', { body })
  }
  assert.equal((await put('')).status, 400, 'there is no file')
  writeFileSync(file, `device-7:${KEY}`, { mode: 0o600 })
  assert.equal((await visitWith(port, 'device-7', KEY)).isLetIn, false)
  assert.equal((await put('')).status, 200)
  assert.equal((await visitWith(port, 'device-7', KEY)).isLetIn, true)
  assert.ok(!managed.broker.lines.some(({ message }) => message.endsWith('readable_by_all')))
  assert.equal((await put('psk_authentication.enable = false')).status, 200)
  assert.equal((await visitWith(port, 'device-7', KEY)).isLetIn, false)
})
