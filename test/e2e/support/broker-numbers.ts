import type { BrokerProcess } from './broker-process.ts'
import { LoadClient } from './load-client.ts'

/** Configuration with which a broker tells its numbers often enough for tests. */
export const TELLS_NUMBERS = 'sys_topics.sys_msg_interval = 1s'

const PREFIX = '$SYS/brokers/tideway@127.0.0.1/'
const LIMIT_MS = 15_000

/**
 * Waits until a number under `$SYS`, such as `stats/connections/count`, is as wanted. The one who
 * asks is a client as well, and is counted.
 */
export async function untilNumber(
  broker: BrokerProcess,
  name: string,
  isWanted: (value: number) => boolean,
): Promise<void> {
  const client = new LoadClient({ clientId: 'numbers' })
  await client.connect(broker.port())
  let last = Number.NaN
  const found = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} is ${last}`)), LIMIT_MS)
    client.onMessage = ({ payload }) => {
      last = Number(payload.toString())
      if (!isWanted(last)) return
      clearTimeout(timer)
      resolve()
    }
  })
  await client.subscribe(PREFIX + name, 0)
  await found
  client.leave()
}
