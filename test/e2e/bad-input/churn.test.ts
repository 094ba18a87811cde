import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { TELLS_NUMBERS, untilNumber } from '../support/broker-numbers.ts'
import { BrokerProcess, makeFolder } from '../support/broker-process.ts'
import { connectBytes } from '../support/packets.ts'
import { RawConnection } from '../support/raw-connection.ts'

const REPORT_HEAP = new URL('../support/report-heap.ts', import.meta.url).href
const CONNECTIONS = 20_000
const WARM_UP_CONNECTIONS = 2_000
const AT_A_TIME = 100
/** Names come again: topics of presence messages are remembered for a while. */
const CLIENT_IDS = 1_000
/** Per connection this would be 200 bytes: what is kept of each is found out. */
const HEAP_GROWTH_MAX = 4_000_000
const RESIDENT_GROWTH_MAX = 100_000_000
const DISCONNECT = Buffer.from('e000', 'hex')
const SUBSCRIBE = Buffer.from('8209000100000368 2f61 00'.replaceAll(' ', ''), 'hex')

/** Connections that come and go in every way there is. */
async function churn(broker: BrokerProcess, count: number): Promise<void> {
  for (let from = 0; from < count; from += AT_A_TIME) {
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async (_, index) => {
        const number = from + index
        const connection = await RawConnection.dial(broker, 'tcp')
        const way = number % 5
        if (way > 0) connection.send(connectBytes(`churn-${number % CLIENT_IDS}`))
        if (way > 1) await connection.until((received) => received.length > 0)
        if (way > 2) connection.send(SUBSCRIBE)
        if (way === 4) connection.send(DISCONNECT)
        else if (way === 3) connection.reset()
        else connection.destroy()
        await connection.ended
      }),
    )
  }
}

/** Heap in use, of all threads together, as told after this moment. */
async function heapBytes(broker: BrokerProcess): Promise<number> {
  const told = (): Map<string, number> => {
    const lines = broker.output.slice(from).matchAll(/heap of (\d+): (\d+)\n/g)
    return new Map([...lines].map(([, thread = '', bytes]) => [thread, Number(bytes)]))
  }
  const from = broker.output.length
  // The main thread, and two shards.
  while (told().size < 3) await pause(50)
  return [...told().values()].reduce((sum, bytes) => sum + bytes, 0)
}

test('connections that come and go leave nothing behind', async (context) => {
  const dataDir = join(makeFolder(context), 'data')
  const nodeOptions = ['--expose-gc', '--import', REPORT_HEAP]
  const broker = await BrokerProcess.start({
    dataDir,
    shards: 2,
    config: TELLS_NUMBERS,
    nodeOptions,
  })
  const handlesBefore = broker.openFiles()
  await churn(broker, WARM_UP_CONNECTIONS)
  await untilNumber(broker, 'stats/live_connections/count', (count) => count === 1)
  const heapBefore = await heapBytes(broker)
  const residentBefore = broker.residentBytes()
  await churn(broker, CONNECTIONS)
  await untilNumber(broker, 'stats/live_connections/count', (count) => count === 1)
  await untilNumber(broker, 'stats/sessions/count', (count) => count === 1)
  await broker.untilOpenFiles(handlesBefore)
  const heapGrown = (await heapBytes(broker)) - heapBefore
  const residentGrown = broker.residentBytes() - residentBefore
  context.diagnostic(`heap ${heapGrown} bytes more, resident ${residentGrown} bytes more`)
  assert.ok(heapGrown < HEAP_GROWTH_MAX, `${heapGrown} bytes more in the heaps`)
  assert.ok(residentGrown < RESIDENT_GROWTH_MAX, `${residentGrown} bytes more in memory`)
})
