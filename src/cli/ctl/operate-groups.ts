import type {
  listListeners,
  restartListener,
  startListener,
  stopListener,
  updateListener,
} from '#management/contract/listeners.ts'
import type { getStats } from '#management/contract/nodes.ts'
import type { deleteAllRetained, getRetained, listRetained } from '#management/contract/retainer.ts'
import type { getRule, listRules } from '#management/contract/rules.ts'
import type { createTrace, deleteTrace, listTraces, stopTrace } from '#management/contract/trace.ts'
import type { Command } from 'commander'
import { showTraceLog } from './show-trace-log.ts'
import { makeGroup, restCommand } from '../rest/rest-command.ts'
import { showRecord, showTable } from '../rest/show.ts'

/** `listeners`, `retainer`, `rules` and `trace`. */
export function makeOperateGroups(): readonly Command[] {
  return [listeners(), retainer(), rules(), trace()]
}

function listeners(): Command {
  const list = restCommand({
    usage: 'list',
    text: 'All listeners',
    run: (client) => client.call<typeof listListeners>('GET', '/listeners', {}),
    show: (rows) => {
      const flat = rows.map(({ status, ...row }) => ({ ...row, ...status }))
      showTable(flat, ['id', 'bind', 'running', 'current_connections', 'max_connections'])
    },
  })
  return makeGroup(
    'listeners',
    'Where clients connect',
    [
      list,
      restCommand({
        usage: 'start <id>',
        text: 'Open a listener such as tcp:default',
        run: (client, [id = '']) => {
          return client.call<typeof startListener>('POST', '/listeners/{id}/start', {
            params: { id },
          })
        },
      }),
      restCommand({
        usage: 'stop <id>',
        text: 'Close a listener and its connections',
        run: (client, [id = '']) => {
          return client.call<typeof stopListener>('POST', '/listeners/{id}/stop', {
            params: { id },
          })
        },
      }),
      restCommand({
        usage: 'restart <id>',
        text: 'Close and open a listener',
        run: (client, [id = '']) => {
          const path = '/listeners/{id}/restart'
          return client.call<typeof restartListener>('POST', path, { params: { id } })
        },
      }),
      restCommand({
        usage: 'enable <id> <enable>',
        text: 'Whether a listener is open, true or false, now and after a restart',
        run: (client, [id = '', enable]) => {
          if (enable !== 'true' && enable !== 'false') throw new Error('say true or false')
          const body = { enable: enable === 'true' }
          const path = '/listeners/{id}'
          return client.call<typeof updateListener>('PUT', path, { params: { id }, body })
        },
        show: () => console.log('ok'),
      }),
    ],
    list,
  )
}

function retainer(): Command {
  return makeGroup('retainer', 'Retained messages', [
    restCommand({
      usage: 'info',
      text: 'How many there are, and how many there were at most',
      run: async (client) => {
        const query = { aggregate: true }
        const stats = await client.call<typeof getStats>('GET', '/stats', { query })
        return Object.fromEntries(
          Object.entries(stats).filter(([name]) => name.startsWith('retained.')),
        )
      },
      show: showRecord,
    }),
    restCommand({
      usage: 'topics [filter]',
      text: 'Topics with a retained message',
      options: [['--limit <n>', 'entries at most (default: 100)']],
      run: async (client, [topic], { limit }) => {
        const query = { limit: Number(limit ?? 100), ...(topic !== undefined && { topic }) }
        const path = '/mqtt/retainer/messages'
        return (await client.call<typeof listRetained>('GET', path, { query })).data
      },
      show: (rows) => showTable(rows, ['topic', 'qos', 'publish_at', 'from_clientid']),
    }),
    restCommand({
      usage: 'show <topic>',
      text: 'A retained message; its payload is in Base64',
      run: (client, [topic = '']) => {
        const path = '/mqtt/retainer/message/{topic}'
        return client.call<typeof getRetained>('GET', path, { params: { topic } })
      },
      show: showRecord,
    }),
    restCommand({
      usage: 'clean [filter]',
      text: 'Remove retained messages, all or those that match',
      run: (client, [topic]) => {
        const query = topic === undefined ? {} : { topic }
        return client.call<typeof deleteAllRetained>('DELETE', '/mqtt/retainer/messages', { query })
      },
    }),
  ])
}

function rules(): Command {
  return makeGroup('rules', 'Rules: SQL over messages and events', [
    restCommand({
      usage: 'list',
      text: 'All rules',
      run: async (client) => (await client.call<typeof listRules>('GET', '/rules', {})).data,
      show: (rows) => showTable(rows, ['id', 'enable', 'name', 'sql']),
    }),
    restCommand({
      usage: 'show <id>',
      text: 'A rule',
      run: (client, [id = '']) => {
        return client.call<typeof getRule>('GET', '/rules/{id}', { params: { id } })
      },
      show: showRecord,
    }),
  ])
}

const TRACE_TYPES = ['clientid', 'topic', 'ip_address', 'ruleid'] as const
const SECOND_MS = 1000

function trace(): Command {
  const group = makeGroup('trace', 'Traces of clients, topics, addresses and rules', [
    restCommand({
      usage: 'list',
      text: 'All traces',
      run: (client) => client.call<typeof listTraces>('GET', '/trace', {}),
      show: (rows) => {
        const named = rows.map((row) => ({ ...row, value: row[row.type] }))
        showTable(named, ['name', 'status', 'type', 'value', 'end_at'])
      },
    }),
    restCommand({
      usage: 'start <name> <type> <value>',
      text: `Begin a trace; type is one of ${TRACE_TYPES.join(', ')}`,
      options: [
        ['--seconds <n>', 'ends after so long (default: 600)'],
        ['--json-lines', 'lines of JSON'],
      ],
      run: (client, [name = '', given, value], { seconds, jsonLines }) => {
        const type = TRACE_TYPES.find((one) => one === given)
        if (type === undefined) throw new Error(`the type is one of ${TRACE_TYPES.join(', ')}`)
        const endMs = Date.now() + Number(seconds ?? 600) * SECOND_MS
        const body = {
          name,
          type,
          [type]: value,
          formatter: jsonLines === true ? ('json' as const) : ('text' as const),
          end_at: new Date(endMs).toISOString(),
        }
        return client.call<typeof createTrace>('POST', '/trace', { body })
      },
    }),
    restCommand({
      usage: 'log <name>',
      text: 'Show the log of a trace',
      options: [['-f, --follow', 'go on until it ends']],
      run: (client, [name = ''], { follow }) => showTraceLog(client, name, follow === true),
      show: () => {},
    }),
    restCommand({
      usage: 'stop <name>',
      text: 'End a trace; its log stays',
      run: (client, [name = '']) => {
        return client.call<typeof stopTrace>('PUT', '/trace/{name}/stop', { params: { name } })
      },
    }),
    restCommand({
      usage: 'delete <name>',
      text: 'Remove a trace and its log',
      run: (client, [name = '']) => {
        return client.call<typeof deleteTrace>('DELETE', '/trace/{name}', { params: { name } })
      },
    }),
  ])
  return group.alias('traces')
}
