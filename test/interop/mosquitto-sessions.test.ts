/** Sessions of mosquitto clients: kept, taken over, and there after the broker was killed. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsMosquittoClients } from './foreign.ts'
import { messages, Mosquitto } from './mosquitto.ts'

describe('sessions of mosquitto clients', needsMosquittoClients(), () => {
  let broker: BrokerProcess
  let v5: Mosquitto
  before(async () => {
    broker = await BrokerProcess.start()
    v5 = new Mosquitto(broker, 'tcp:default', '-V mqttv5')
  })
  after(() => broker.remove())

  test('what was acknowledged is there after the broker was killed, in order', async () => {
    const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`)
    const clients = [
      new Mosquitto(broker),
      v5,
      new Mosquitto(broker, 'ssl:default', '-V mqttv31'),
    ].map((mosquitto, index) => ({ mosquitto, name: `survivor-${index}` }))
    for (const { mosquitto, name } of clients) {
      await mosquitto.leaveSession(name, `killed/${name}`)
      for (const qos of [1, 2]) {
        await mosquitto.publish(`-t killed/${name} -q ${qos} -l`, texts.join('\n'))
      }
      await mosquitto.publish(`-t kept/${name} -r -q 1 -m kept`)
    }
    await broker.kill()
    await broker.start()
    for (const { mosquitto, name } of clients) {
      const back = mosquitto.subscriber(`-i ${name} -c -q 2 -t kept/${name} -C 401 -F '=> %p'`)
      const got = await messages(back, 401)
      assert.deepEqual(
        got.filter((text) => text !== 'kept'),
        [...texts, ...texts],
      )
      await back.succeeded()
    }
  })

  test('a second client of the same name takes the session over', async () => {
    const options = '-i double -c -x 60 -q 1 -t double'
    const first = await v5.subscribe(options)
    await v5.publish(`-t double -q 1 -m 'to the first'`)
    assert.deepEqual(await messages(first, 1), ['double to the first'])
    const second = await v5.subscribe(options)
    await first.line(/Received DISCONNECT \(142\)/)
    await first.kill()
    await v5.publish(`-t double -q 1 -m 'to the second'`)
    assert.deepEqual(await messages(second, 1), ['double to the second'])
  })

  test('a session ends with its expiry, and at once with a clean start', async () => {
    /** What a client gets on its return. */
    const waiting = async (options: string) => {
      const client = await v5.subscribe(`-t other -q 1 ${options}`)
      await v5.publish('-t other -q 1 -m end')
      await client.line(/^=> other end/)
      await client.kill('SIGTERM')
      return client.lines.filter((line) => line.startsWith('=> ')).map((line) => line.slice(3))
    }
    for (const [name, seconds] of [
      ['expires', 1],
      ['stays', 60],
    ]) {
      await v5.leaveSession(`${name}`, `${name}`, `-x ${seconds}`)
      await v5.publish(`-t ${name} -q 1 -m x`)
    }
    const clock = await v5.subscribe('-t session-clock -C 1')
    await v5.publish('-t $delayed/3/session-clock -m now')
    await clock.succeeded()
    assert.deepEqual(await waiting('-i expires -c -x 0'), ['other end'])
    assert.deepEqual(await waiting('-i stays -c -x 60'), ['stays x', 'other end'])
    assert.deepEqual(await waiting('-i stays'), ['other end'])
    await v5.publish('-t stays -q 1 -m lost')
    assert.deepEqual(await waiting('-i stays -c -x 0'), ['other end'])
  })

  test('a broker that is stopped in order says so and keeps everything', async () => {
    const watcher = await v5.subscribe('-i told -c -x 60 -q 1 -t stopped')
    assert.equal(await broker.stop(), 0)
    await watcher.line(/Received DISCONNECT \(139\)/)
    await watcher.kill()
    await broker.start()
    await v5.publish('-t stopped -q 1 -m x')
    const back = v5.subscriber('-i told -c -x 0 -q 1 -t other -C 1')
    assert.deepEqual(await messages(back, 1), ['stopped x'])
  })
})
