/** A load balancer in front of the broker that tells who the client is (PROXY protocol). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { after, before, describe, test } from 'node:test'
import mqtt, { type MqttClient } from 'mqtt'
import { BrokerProcess } from './broker-process.ts'
import { JsClient } from './mqtt-js.ts'

const CONFIG = `
  listeners.tcp.proxied { bind = "127.0.0.1:0", proxy_protocol = true }
  listeners.tcp.open { bind = "127.0.0.1:0", proxy_protocol = true, enable_authn = false }
`

/** Version 2 of the header: a TCP connection over IPv4 or IPv6. */
function headerV2(family: 'TCP4' | 'TCP6', source: Buffer, target: Buffer): Buffer {
  const start = Buffer.from('0d0a0d0a000d0a515549540a21', 'hex')
  const ports = Buffer.from([0x30, 0x39, 0x07, 0x5b])
  const addresses = Buffer.concat([source, target, ports])
  const kind = Buffer.from([family === 'TCP4' ? 0x11 : 0x21, 0, addresses.length])
  return Buffer.concat([start, kind, addresses])
}

const HEADERS: Readonly<Record<string, readonly [header: Buffer, host: string]>> = {
  'v1, IPv4': [Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 12345 1883\r\n'), '192.0.2.7'],
  'v1, IPv6': [Buffer.from('PROXY TCP6 2001:db8::7 2001:db8::1 12345 1883\r\n'), '2001:db8::7'],
  'v2, IPv4': [
    headerV2('TCP4', Buffer.from([192, 0, 2, 8]), Buffer.from([198, 51, 100, 1])),
    '192.0.2.8',
  ],
  'v2, IPv6': [
    headerV2('TCP6', Buffer.from('20010db8'.padEnd(31, '0') + '8', 'hex'), Buffer.alloc(16)),
    '2001:db8::8',
  ],
}

describe('behind a proxy', () => {
  let broker: BrokerProcess
  const proxies: Server[] = []
  before(async () => {
    broker = await BrokerProcess.start(CONFIG)
  })
  after(async () => {
    JsClient.endAll()
    for (const proxy of proxies) proxy.close()
    await broker.remove()
  })

  /** A proxy that sends `header` before what its clients send; returns its address. */
  async function startProxy(listener: string, header: Buffer): Promise<string> {
    const proxy = createServer((client) => {
      const upstream = connect(broker.port(listener), '127.0.0.1')
      upstream.write(header)
      client.pipe(upstream).pipe(client)
      for (const socket of [client, upstream]) socket.on('error', () => client.destroy())
    })
    proxies.push(proxy)
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    return `mqtt://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  }

  function dial(url: string): MqttClient {
    return new JsClient(mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 0 })).client
  }

  for (const [version, [header, host]] of Object.entries(HEADERS)) {
    test(`${version}: the client is known by its own address`, async () => {
      const watcher = await JsClient.connect(broker)
      await watcher.client.subscribeAsync('$SYS/brokers/+/clients/+/connected')
      const client = dial(await startProxy('tcp:open', header))
      await new Promise((resolve) => client.once('connect', resolve))
      const [event] = await watcher.payloads(1)
      const facts = JSON.parse(event ?? '') as { ipaddress: string }
      assert.equal(facts.ipaddress, host)
      await Promise.all([client.endAsync(), watcher.end()])
    })

    test(`${version}: a client of another host is refused and told why`, async () => {
      const client = dial(await startProxy('tcp:proxied', header))
      const error = await new Promise<Error>((resolve) => client.once('error', resolve))
      assert.equal((error as { code?: number }).code, 0x87)
    })
  }

  test('a connection without a header is closed', async () => {
    const client = dial(`mqtt://127.0.0.1:${broker.port('tcp:proxied')}`)
    await new Promise<void>((resolve) => client.once('close', () => resolve()))
    assert.equal(client.connected, false)
  })
})
