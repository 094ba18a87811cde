/** The exporter as a real Prometheus sees it. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { until } from '../integrations/support/integration-rig.ts'
import {
  needsPrometheus,
  queryPrometheus,
  type Sample,
  startPrometheus,
} from '../support/servers/prometheus.ts'
import type { ServerProcess } from '../support/servers/server-process.ts'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

const LIMIT_MS = 60_000

describe('a Prometheus that scrapes the node', needsPrometheus(), () => {
  let managed: ManagedBroker
  let server: ServerProcess | undefined
  before(async () => {
    managed = await startManaged({ shards: 2 })
    const [one] = [await managed.connect('one'), await managed.connect('two')]
    for (let n = 0; n < 3; n++) await one.publishAsync('a', 'x', { qos: 1 })
    server = await startPrometheus(managed.port, '/api/v5/prometheus/stats')
  })
  after(async () => {
    await server?.remove()
    await managed.stop()
  })

  const ask = (query: string): Promise<readonly Sample[]> => {
    assert.ok(server !== undefined)
    return queryPrometheus(server, query)
  }
  /** Waits until the one series of a query has a value. */
  const untilIs = (query: string, value: number): Promise<void> => {
    const isSo = async () => {
      const [sample, ...others] = await ask(query)
      return sample?.value === value && others.length === 0
    }
    return until(`${query} is ${value}`, isSo, LIMIT_MS)
  }

  it('finds it up, and has its gauges and counters', async () => {
    await untilIs('up{job="tideway"}', 1)
    await untilIs('emqx_connections_count', 2)
    await untilIs('emqx_messages_qos1_received', 3)
    await untilIs('sum(tideway_shard_live_connections)', 2)
    const shards = await ask('tideway_shard_live_connections')
    assert.deepEqual(new Set(shards.map(({ labels }) => labels['shard'])), new Set(['0', '1']))
  })

  it('takes every line of it, each series once', async () => {
    await until('every series of the text is stored', isWhole, LIMIT_MS)
  })

  async function isWhole(): Promise<boolean> {
    const { body } = await managed.call('GET', '/prometheus/stats', { auth: '' })
    const given = String(body).match(/^\w/gm)?.length
    const [scraped] = await ask('scrape_samples_scraped')
    const [stored] = await ask('count({__name__=~"(emqx|tideway)_.+"})')
    return scraped?.value === given && stored?.value === given
  }
})
