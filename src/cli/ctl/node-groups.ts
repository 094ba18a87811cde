import type { getStats, getMetrics, listNodes } from '#management/contract/nodes.ts'
import type { Command } from 'commander'
import { makeGroup, restCommand } from '../rest/rest-command.ts'
import type { RestClient } from '../rest/rest-client.ts'
import { showRecord, showTable } from '../rest/show.ts'

/** `status`, `broker` and `vm`: the node itself. */
export function makeNodeGroups(): readonly Command[] {
  const status = restCommand({ usage: 'status', text: '', run: nodes, show: showStatus })
  const broker = restCommand({ usage: 'broker', text: '', run: nodes, show: showRecord })
  const machine = restCommand({ usage: 'vm', text: '', run: vm, show: showRecord })
  return [
    makeGroup('status', 'Whether the node runs', [], status),
    makeGroup(
      'broker',
      'The node, its gauges and its counters',
      [
        restCommand({ usage: 'stats', text: 'Gauges', run: stats, show: showRecord }),
        restCommand({ usage: 'metrics', text: 'Counters', run: metrics, show: showRecord }),
      ],
      broker,
    ),
    makeGroup('vm', 'Load, memory and threads', [], machine),
  ]
}

function nodes(client: RestClient) {
  return client.call<typeof listNodes>('GET', '/nodes', {})
}

function showStatus(found: Awaited<ReturnType<typeof nodes>>): void {
  const columns = ['node', 'node_status', 'version', 'live_connections', 'uptime']
  showTable(found, columns)
}

function stats(client: RestClient) {
  return client.call<typeof getStats>('GET', '/stats', { query: { aggregate: true } })
}

function metrics(client: RestClient) {
  return client.call<typeof getMetrics>('GET', '/metrics', { query: { aggregate: true } })
}

async function vm(client: RestClient) {
  const found = await nodes(client)
  return found.map(({ node, load1, load5, load15, memory_total: total, ...rest }) => {
    const { memory_used: used, process_used: threads, otp_release: runtime, max_fds: files } = rest
    return {
      node,
      load1,
      load5,
      load15,
      memory_total: total,
      memory_used: used,
      shards: threads,
      runtime,
      max_files: files,
    }
  })[0]
}
