/**
 * The queue of a session whose client is away: messages into it, and out of it when the client is
 * back. Through a whole shard over a store in memory, without the network.
 *
 *   node bench/micro/session-queue.bench.ts [messages of each session, default 20000]
 */
import { World } from '../../test/support/world.ts'
import {
  connectPacket,
  publishPacket,
  RigClient,
  subscribePacket,
} from '../../test/bench/rig-client.ts'

const SESSIONS = 10
const BURST = 50
const LISTENER = { id: 'tcp:default', mountpoint: '' }

const each = Number(process.argv[2] ?? 20_000)
const world = new World({ settings: { mqtt: { queueMessagesMax: each * 2 } } })

function connect(clientId: string, cleanStart: boolean): RigClient {
  const client = new RigClient()
  const connection = world.shards[0]!.accept(client, LISTENER) // A world has a shard.
  client.receive = (bytes) => connection.receive(bytes)
  client.leave = () => connection.ended()
  client.receive(connectPacket(clientId, cleanStart))
  world.settle()
  return client
}

function report(name: string, messages: number, tookMs: number): void {
  const ns = (tookMs * 1e6) / messages
  console.log(`${name.padEnd(44)} ${ns.toFixed(0).padStart(8)} ns for each of ${messages} messages`)
}

for (let n = 0; n < SESSIONS; n++) {
  const client = connect(`s${n}`, false)
  client.receive(subscribePacket(`queue/${n}`, 1))
  world.settle()
  client.leave()
}
world.settle()

const publisher = connect('publisher', true)
const bursts = Array.from({ length: SESSIONS }, (_, n) => {
  const options = { qos: 1, payloadBytes: 100 } as const
  const packets = Array.from({ length: BURST }, (_unused, k) => {
    return publishPacket(`queue/${n}`, k + 1, options)
  })
  return Buffer.concat(packets)
})

let startedMs = performance.now()
for (let sent = 0; sent < each; sent += BURST) {
  for (const burst of bursts) {
    publisher.receive(burst)
    world.settle()
  }
}
const total = Math.ceil(each / BURST) * BURST * SESSIONS
report('into the queue of a session that is away', total, performance.now() - startedMs)

let delivered = 0
startedMs = performance.now()
for (let n = 0; n < SESSIONS; n++) {
  const client = connect(`s${n}`, false)
  for (let count = client.acknowledge(); count > 0; count = client.acknowledge()) {
    delivered += count
    world.settle()
  }
}
report('out of it when the client is back', delivered, performance.now() - startedMs)
if (delivered !== total) throw new Error(`${delivered} of ${total} messages came out`)
