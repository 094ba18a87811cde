import type { getConfigRoot, putConfigRoot } from '#management/contract/configs.ts'
import type {
  getCluster,
  getMetrics,
  getStats,
  listNodes,
  reloadNode,
} from '#management/contract/nodes.ts'
import type { Command } from 'commander'
import { makeGroup, type RestCommand, restCommand } from '../rest/rest-command.ts'
import type { RestClient } from '../rest/rest-client.ts'
import { showRecord, showTable } from '../rest/show.ts'

/** `status`, `cluster`, `broker`, `vm`, `olp` and `pem_cache`: the node itself. */
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
    makeGroup('cluster', 'The nodes', [{ ...status, usage: 'status', text: 'The nodes: one' }]),
    makeGroup('vm', 'Load, memory and threads', vmParts(), machine),
    overload(),
    makeGroup('pem_cache', 'Certificates of listeners', [
      restCommand({
        usage: 'clean',
        text: 'Take changed files into use at once, and files of rules as well',
        run: async (client) => {
          const { self: node } = await client.call<typeof getCluster>('GET', '/cluster', {})
          const path = '/nodes/{node}/reload'
          await client.call<typeof reloadNode>('POST', path, { params: { node } })
        },
      }),
    ]),
  ]
}

/** Fields of `vm` by the command that shows them alone. */
const VM_PARTS = {
  load: ['load1', 'load5', 'load15'],
  memory: ['memory_total', 'memory_used'],
  process: ['shards', 'runtime', 'max_files'],
} as const

function vmParts(): readonly RestCommand[] {
  const parts = Object.entries(VM_PARTS).map(([usage, names]) => {
    return restCommand({
      usage,
      text: names.join(', '),
      run: async (client) => {
        const all: Readonly<Record<string, unknown>> = (await vm(client)) ?? {}
        return Object.fromEntries(names.map((name) => [name, all[name]]))
      },
      show: showRecord,
    })
  })
  return [restCommand({ usage: 'all', text: 'All of them', run: vm, show: showRecord }), ...parts]
}

function overload(): Command {
  const set = async (client: RestClient, enable: boolean): Promise<void> => {
    const options = { params: { root: 'overload_protection' }, body: { enable } }
    await client.call<typeof putConfigRoot>('PUT', '/configs/{root}', options)
  }
  return makeGroup('olp', 'Overload protection', [
    restCommand({
      usage: 'status',
      text: 'Whether connections are refused while the node is overloaded, and from when on it is',
      run: (client) => {
        const params = { root: 'overload_protection' }
        return client.call<typeof getConfigRoot>('GET', '/configs/{root}', { params })
      },
      show: showRecord,
    }),
    restCommand({ usage: 'enable', text: 'Refuse them', run: (client) => set(client, true) }),
    restCommand({ usage: 'disable', text: 'Let them in', run: (client) => set(client, false) }),
  ])
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
