/** paho-mqtt for Python over every transport, in every version. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsPaho } from './foreign.ts'
import { python } from './paho.ts'

const EXPECTED = ['disconnected 0', '0 payload 0, 1 payload 1, 2 payload 2']

describe('paho over every transport', needsPaho(), () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start()
  })
  after(() => broker.remove())

  const listeners = [
    ['tcp:default', 'tcp', false],
    ['ssl:default', 'tcp', true],
    ['ws:default', 'websockets', false],
    ['wss:default', 'websockets', true],
  ] as const
  for (const [listener, transport, isTls] of listeners) {
    for (const version of ['3.1', '3.1.1', '5']) {
      test(`${listener} with ${version}: QoS 0, 1 and 2 arrive`, async () => {
        const args = [transport, version, ...(isTls ? [broker.caFile] : [])]
        const program = python(broker, 'transport', args, listener)
        assert.deepEqual(await program.succeeded(), EXPECTED)
      })
    }
  }

  test('a client may do without checking the certificate', async () => {
    const program = python(broker, 'transport', ['tcp', '5', 'insecure'], 'ssl:default')
    assert.deepEqual(await program.succeeded(), EXPECTED)
  })
})
