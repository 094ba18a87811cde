/** SCRAM with MQTT.js over the network. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { scramCredentials } from '#access/authentication/users/scram-credential.ts'
import { GLOBAL_CHAIN } from '#access/authentication/users/user-table.ts'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import mqtt, { type MqttClient } from 'mqtt'
import { outcome } from './clients.ts'
import { exampleAuthenticator } from './examples.ts'
import { ScramClient } from './scram-client.ts'

const BAD_METHOD = 0x8c
const NOT_AUTHORIZED = 0x87

/** Resolves with the client, or with the code of the refusal. */
function connect(port: number, scram: ScramClient, username?: string) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    ...scram.options,
    ...(username !== undefined && { username }),
    protocolVersion: 5,
    reconnectPeriod: 0,
  })
  scram.answer(client)
  return new Promise<MqttClient | number>((resolve) => {
    client.once('connect', () => resolve(client))
    client.once('error', (error: Error & { code?: unknown }) => resolve(Number(error.code)))
  })
}

for (const [algorithm, another] of [
  ['sha256', 'sha512'],
  ['sha512', 'sha256'],
] as const) {
  describe(`SCRAM with ${algorithm}`, () => {
    let broker: TestBroker
    let port: number
    before(async () => {
      broker = await startBroker({
        shards: 2,
        config: `authentication = [
        ${exampleAuthenticator({ mechanism: 'scram' }, { algorithm })}
        { mechanism = password_based, backend = built_in_database }
      ]`,
      })
      port = broker.port('tcp:default')
      const { directory, passwords } = broker.node.users
      const maker = scramCredentials({ algorithm, iteration_count: 4096 }, passwords)
      const user = { userId: 'ada', password: 'pencil', isSuperuser: false }
      await directory.set({ chain: GLOBAL_CHAIN, mechanism: 'scram' }, user, maker)
    })
    after(() => broker.stop())

    test('admits a client that knows the password, and proves that the broker does', async () => {
      const client = await connect(port, new ScramClient('ada', 'pencil', algorithm))
      assert.ok(typeof client === 'object')
      await client.subscribeAsync('a')
      await client.endAsync(true)
    })

    test('refuses a wrong password and an unknown user alike', async () => {
      for (const [name, password] of [
        ['ada', 'pen'],
        ['eve', 'pencil'],
      ] as const) {
        assert.equal(
          await connect(port, new ScramClient(name, password, algorithm)),
          NOT_AUTHORIZED,
        )
      }
    })

    test('refuses a client that names itself otherwise', async () => {
      const scram = new ScramClient('ada', 'pencil', algorithm)
      assert.equal(await connect(port, scram, 'admin'), NOT_AUTHORIZED)
    })

    test('refuses a method that is not configured', async () => {
      assert.equal(await connect(port, new ScramClient('ada', 'pencil', another)), BAD_METHOD)
    })

    test('authenticates again while connected, and closes when that fails', async () => {
      const scram = new ScramClient('ada', 'pencil', algorithm)
      const client = await connect(port, scram)
      assert.ok(typeof client === 'object')
      const answers: number[] = []
      const answer = client.handleAuth.bind(client)
      const complete = new Promise<void>((resolve) => {
        client.handleAuth = (packet, callback) => {
          answers.push(packet.reasonCode)
          answer(packet, callback)
          if (packet.reasonCode === 0) resolve()
        }
      })
      client['_sendPacket'](scram.packet(0x19, scram.first()))
      await complete
      assert.deepEqual(answers, [0x18, 0])
      const ended = new Promise<unknown>((resolve) => {
        client.once('disconnect', ({ reasonCode }) => resolve(reasonCode))
      })
      const stranger = new ScramClient('ada', 'pen', algorithm)
      stranger.answer(client)
      client['_sendPacket'](stranger.packet(0x19, stranger.first()))
      assert.equal(await ended, NOT_AUTHORIZED)
      await client.endAsync(true)
    })

    test('leaves clients without a method to the authenticators of passwords', async () => {
      assert.equal(await outcome(port, { username: 'ada', password: 'pencil' }), NOT_AUTHORIZED)
    })
  })
}
