import { setTimeout as pause } from 'node:timers/promises'
import type { getTraceLog, listTraces } from '#management/contract/trace.ts'
import type { RestClient } from '../rest/rest-client.ts'

const PART_BYTES = 1024 * 1024
const LOOK_EVERY_MS = 500

/** Prints the log of a trace; with `isFollowed` until the trace has ended. */
export async function showTraceLog(
  client: RestClient,
  name: string,
  isFollowed: boolean,
): Promise<void> {
  const path = '/trace/{name}/log'
  const params = { name }
  for (let position = 0; ;) {
    const query = { position, bytes: PART_BYTES }
    const { items, meta } = await client.call<typeof getTraceLog>('GET', path, { params, query })
    process.stdout.write(items)
    position = meta.position
    if (meta.hint !== 'eof') continue
    if (!isFollowed || !(await isRunning(client, name))) return
    await pause(LOOK_EVERY_MS)
  }
}

async function isRunning(client: RestClient, name: string): Promise<boolean> {
  const traces = await client.call<typeof listTraces>('GET', '/trace', {})
  return traces.some((trace) => trace.name === name && trace.status !== 'stopped')
}
