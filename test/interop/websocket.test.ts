/** WebSocket as browsers, MQTTX and proxies use it: path, subprotocol, frames. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { generate, parser, type Packet } from 'mqtt-packet'
import { WebSocket } from 'ws'
import { BrokerProcess } from './broker-process.ts'
import { JsClient } from './mqtt-js.ts'

const CONNECT = generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: '',
  keepalive: 0,
})

describe('WebSocket', () => {
  let broker: BrokerProcess
  let port: number
  before(async () => {
    broker = await BrokerProcess.start()
    port = broker.port('ws:default')
  })
  after(async () => {
    JsClient.endAll()
    await broker.remove()
  })

  /** The HTTP status with which an upgrade is refused. */
  async function refusal(path: string, subprotocols: readonly string[]): Promise<number> {
    const socket = new WebSocket(`ws://localhost:${port}${path}`, [...subprotocols])
    const [error] = (await once(socket, 'error')) as [Error]
    return Number(/: (\d{3})$/.exec(error.message)?.[1])
  }

  async function open(subprotocol = 'mqtt', options = {}): Promise<WebSocket> {
    const socket = new WebSocket(`ws://localhost:${port}/mqtt`, [subprotocol], options)
    await once(socket, 'open')
    return socket
  }

  /** Packets of all messages until one of this kind. */
  function until(socket: WebSocket, cmd: string): Promise<readonly Packet[]> {
    const read = parser({ protocolVersion: 4 })
    const packets: Packet[] = []
    return new Promise((resolve, reject) => {
      read.on('packet', (packet) => {
        packets.push(packet)
        if (packet.cmd === cmd) resolve(packets)
      })
      socket.on('message', (data: Buffer) => read.parse(data))
      socket.once('close', (code) => reject(new Error(`closed with ${code}`)))
    })
  }

  test('the subprotocol is chosen from what the client offers', async () => {
    for (const name of ['mqtt', 'mqttv3.1', 'mqtt-v3.1.1', 'mqtt-v5']) {
      const socket = await open(name)
      assert.equal(socket.protocol, name)
      socket.terminate()
    }
  })

  test('another subprotocol, none, or another path is refused before MQTT begins', async () => {
    assert.equal(await refusal('/mqtt', ['chat']), 400)
    assert.equal(await refusal('/mqtt', []), 400)
    assert.equal(await refusal('/', ['mqtt']), 404)
    assert.equal(await refusal('/mqtt/', ['mqtt']), 404)
    assert.equal((await fetch(`http://localhost:${port}/mqtt`)).status, 426)
    assert.equal((await fetch(`http://localhost:${port}/other`)).status, 404)
  })

  test('packets may share a frame, and a packet may be cut over frames', async () => {
    const socket = await open()
    const published = until(socket, 'publish')
    const subscribe = generate({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: 'frames', qos: 0 }],
    })
    const publish = generate({
      cmd: 'publish',
      topic: 'frames',
      payload: 'x',
      qos: 0,
      dup: false,
      retain: false,
    })
    const bytes = Buffer.concat([CONNECT, subscribe, publish])
    for (let at = 0; at < 30; at++) socket.send(bytes.subarray(at, at + 1))
    socket.send(bytes.subarray(30))
    // The message may come before the answer to SUBSCRIBE (MQTT 3.1.1 §3.8.4).
    const kinds = (await published).map(({ cmd }) => cmd).filter((cmd) => cmd !== 'suback')
    assert.deepEqual(kinds, ['connack', 'publish'])
    socket.terminate()
  })

  test('a text frame ends the connection', async () => {
    const socket = await open()
    socket.send('not MQTT')
    await once(socket, 'close')
  })

  test('a browser of any origin may connect as long as origins are not checked', async () => {
    const socket = await open('mqtt', { origin: 'http://dashboard.example.org' })
    const connack = until(socket, 'connack')
    socket.send(CONNECT)
    await connack
    socket.terminate()
  })

  test('messages cross between WebSocket and TCP', async () => {
    const web = await JsClient.connect(broker, {}, 'wss:default')
    const plain = await JsClient.connect(broker)
    await web.client.subscribeAsync('to/web', { qos: 1 })
    await plain.client.subscribeAsync('to/plain', { qos: 1 })
    await plain.client.publishAsync('to/web', 'hello web', { qos: 1 })
    await web.client.publishAsync('to/plain', 'hello plain', { qos: 1 })
    assert.deepEqual(await web.payloads(1), ['hello web'])
    assert.deepEqual(await plain.payloads(1), ['hello plain'])
  })
})

describe('WebSocket with another configuration', () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start(`
      listeners.ws.default.websocket {
        mqtt_path = "/broker/ws", fail_if_no_subprotocol = false, compress = true
        check_origin_enable = true, check_origins = "http://dashboard.example.org"
      }
    `)
  })
  after(() => broker.remove())

  const connect = (path: string, options = {}) =>
    new WebSocket(`ws://localhost:${broker.port('ws:default')}${path}`, options)

  test('path, origin, subprotocol and compression are as configured', async () => {
    const socket = connect('/broker/ws', { origin: 'http://dashboard.example.org' })
    await once(socket, 'open')
    assert.match(socket.extensions, /permessage-deflate/)
    socket.terminate()
    const elsewhere = connect('/mqtt')
    assert.match(String(await once(elsewhere, 'error')), /404/)
    const stranger = connect('/broker/ws', { origin: 'http://elsewhere.example.org' })
    assert.match(String(await once(stranger, 'error')), /403/)
  })
})
