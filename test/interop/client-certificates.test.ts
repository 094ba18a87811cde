/** A TLS listener that asks clients for a certificate and names them by it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsMosquittoClients, needsPaho } from './foreign.ts'
import { messages, Mosquitto } from './mosquitto.ts'
import { python } from './paho.ts'

/** A certificate for `device-7` that is its own authority, and its key. */
function writeCertificate(folder: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const files = ['-keyout', join(folder, 'device.key'), '-out', join(folder, 'device.pem')]
  const args = ['req', '-x509', ...key, ...files, '-subj', '/CN=device-7', '-days', '2']
  execFileSync('openssl', args, { stdio: 'ignore' })
}

const needs = { ...needsMosquittoClients(), ...needsPaho() }

describe('clients with certificates', needs, () => {
  let broker: BrokerProcess
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tideway-certificates-'))
    writeCertificate(folder)
    broker = await BrokerProcess.start(`
      mqtt.peer_cert_as_username = cn
      listeners.ssl.default.ssl_options {
        cacertfile = ${JSON.stringify(join(folder, 'device.pem'))}
        verify = verify_peer, fail_if_no_peer_cert = true
      }
    `)
  })
  after(async () => {
    await broker.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a client with a certificate connects and has its name', async () => {
    const watcher = await new Mosquitto(broker).subscribe(
      '-t $SYS/brokers/+/clients/seven/connected',
    )
    const files = `--cert ${join(folder, 'device.pem')} --key ${join(folder, 'device.key')}`
    const device = new Mosquitto(broker, 'ssl:default', `-i seven ${files}`)
    await device.publish('-t a -m x -q 1')
    const [line = ''] = await messages(watcher, 1)
    const { username } = JSON.parse(line.slice(line.indexOf('{'))) as { username: string }
    assert.equal(username, 'device-7')
    await watcher.kill()
  })

  test('a Python client gives its certificate with tls_set', async () => {
    const files = [broker.caFile, join(folder, 'device.pem'), join(folder, 'device.key')]
    await python(broker, 'transport', ['tcp', '5', ...files], 'ssl:default').succeeded()
  })

  test('a client without a certificate is refused', async () => {
    const stranger = new Mosquitto(broker, 'ssl:default').publish('-t a -m x -q 1')
    await assert.rejects(stranger, /certificate required|handshake failure|TLS|lost/i)
  })
})
