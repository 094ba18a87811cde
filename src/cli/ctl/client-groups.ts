import type { clearBans, createBan, deleteBan, listBans } from '#management/contract/banned.ts'
import type {
  getClient,
  kickClient,
  listClients,
  listClientSubscriptions,
  subscribeClient,
  unsubscribeClient,
} from '#management/contract/clients.ts'
import type {
  deleteExclusive,
  getTopic,
  listExclusive,
  listSubscriptions,
  listTopics,
} from '#management/contract/subscriptions.ts'
import type { Command } from 'commander'
import { parseQos } from './parse-qos.ts'
import { makeGroup, restCommand } from '../rest/rest-command.ts'
import { showRecord, showTable } from '../rest/show.ts'

const LIMIT = ['--limit <n>', 'entries at most (default: 100)'] as const
const CLIENT_COLUMNS = ['clientid', 'username', 'connected', 'ip_address', 'proto_ver', 'listener']
const SUBSCRIPTION_COLUMNS = ['clientid', 'topic', 'qos', 'nl', 'rap', 'rh']

/** `clients`, `subscriptions`, `exclusive`, `topics` and `banned`. */
export function makeClientGroups(): readonly Command[] {
  return [clients(), subscriptions(), exclusive(), topics(), banned()]
}

function limitOf(options: Readonly<Record<string, unknown>>): number {
  return Number(options['limit'] ?? 100)
}

function clients(): Command {
  return makeGroup('clients', 'Clients and their sessions', [
    restCommand({
      usage: 'list',
      text: 'Clients, connected or with a session that waits',
      options: [LIMIT, ['--like <text>', 'whose client id has this in it']],
      run: async (client, _args, options) => {
        const like = options['like']
        const query = {
          limit: limitOf(options),
          ...(typeof like === 'string' && { like_clientid: like }),
        }
        return (await client.call<typeof listClients>('GET', '/clients', { query })).data
      },
      show: (rows) => showTable(rows, CLIENT_COLUMNS),
    }),
    restCommand({
      usage: 'show <client id>',
      text: 'All there is to know of a client',
      run: (client, [clientid = '']) => {
        return client.call<typeof getClient>('GET', '/clients/{clientid}', { params: { clientid } })
      },
      show: showRecord,
    }),
    restCommand({
      usage: 'kick <client id>',
      text: 'Disconnect a client and end its session',
      run: (client, [clientid = '']) => {
        const params = { clientid }
        return client.call<typeof kickClient>('DELETE', '/clients/{clientid}', { params })
      },
    }),
  ])
}

function subscriptions(): Command {
  return makeGroup('subscriptions', 'Subscriptions of clients', [
    restCommand({
      usage: 'list',
      text: 'Subscriptions of all clients',
      options: [LIMIT],
      run: async (client, _args, options) => {
        const query = { limit: limitOf(options) }
        const path = '/subscriptions'
        return (await client.call<typeof listSubscriptions>('GET', path, { query })).data
      },
      show: (rows) => showTable(rows, SUBSCRIPTION_COLUMNS),
    }),
    restCommand({
      usage: 'show <client id>',
      text: 'Subscriptions of one client',
      run: (client, [clientid = '']) => {
        const path = '/clients/{clientid}/subscriptions'
        return client.call<typeof listClientSubscriptions>('GET', path, { params: { clientid } })
      },
      show: (rows) => showTable(rows, SUBSCRIPTION_COLUMNS),
    }),
    restCommand({
      usage: 'add <client id> <filter> [qos]',
      text: 'Subscribe for a client',
      run: (client, [clientid = '', topic = '', qos]) => {
        const path = '/clients/{clientid}/subscribe'
        const body = { topic, qos: parseQos(qos) }
        return client.call<typeof subscribeClient>('POST', path, { params: { clientid }, body })
      },
    }),
    restCommand({
      usage: 'del <client id> <filter>',
      text: 'Unsubscribe for a client',
      run: (client, [clientid = '', topic = '']) => {
        const path = '/clients/{clientid}/unsubscribe'
        const body = { topic }
        return client.call<typeof unsubscribeClient>('POST', path, { params: { clientid }, body })
      },
    }),
  ])
}

function exclusive(): Command {
  return makeGroup('exclusive', 'Topics that one client has for itself ($exclusive/…)', [
    restCommand({
      usage: 'list',
      text: 'Topics held, and by whom',
      options: [LIMIT],
      run: async (client, _args, options) => {
        const query = { limit: limitOf(options) }
        const path = '/exclusive_subscriptions'
        return (await client.call<typeof listExclusive>('GET', path, { query })).data
      },
      show: (rows) => showTable(rows, ['topic', 'clientid']),
    }),
    restCommand({
      usage: 'delete <topic>',
      text: 'End the subscription of the client that has a topic, as listed',
      run: (client, [topic = '']) => {
        const path = '/exclusive_subscriptions/{topic}'
        return client.call<typeof deleteExclusive>('DELETE', path, { params: { topic } })
      },
    }),
  ])
}

function topics(): Command {
  return makeGroup('topics', 'Filters that somebody has subscribed to', [
    restCommand({
      usage: 'list',
      text: 'All filters',
      options: [LIMIT],
      run: async (client, _args, options) => {
        const query = { limit: limitOf(options) }
        return (await client.call<typeof listTopics>('GET', '/topics', { query })).data
      },
      show: (rows) => showTable(rows, ['topic', 'node']),
    }),
    restCommand({
      usage: 'show <filter>',
      text: 'Who holds a filter',
      run: (client, [topic = '']) => {
        return client.call<typeof getTopic>('GET', '/topics/{topic}', { params: { topic } })
      },
      show: showRecord,
    }),
  ])
}

const BAN_KINDS = [
  'clientid',
  'username',
  'peerhost',
  'peerhost_net',
  'clientid_re',
  'username_re',
] as const

function banned(): Command {
  return makeGroup('banned', 'Who is not let in', [
    restCommand({
      usage: 'list',
      text: 'All bans',
      options: [LIMIT],
      run: async (client, _args, options) => {
        const query = { limit: limitOf(options) }
        return (await client.call<typeof listBans>('GET', '/banned', { query })).data
      },
      show: (rows) => showTable(rows, ['as', 'who', 'by', 'until', 'reason']),
    }),
    restCommand({
      usage: 'add <kind> <who>',
      text: `Ban a client; kind is one of ${BAN_KINDS.join(', ')}`,
      options: [
        ['--reason <text>', 'why'],
        ['--until <time>', 'end, RFC 3339 (default: never)'],
      ],
      run: (client, [kind, who = ''], { reason, until }) => {
        const as = BAN_KINDS.find((one) => one === kind)
        if (as === undefined) throw new Error(`the kind is one of ${BAN_KINDS.join(', ')}`)
        const body = {
          as,
          who,
          ...(typeof reason === 'string' && { reason }),
          ...(typeof until === 'string' && { until }),
        }
        return client.call<typeof createBan>('POST', '/banned', { body })
      },
    }),
    restCommand({
      usage: 'del <kind> <who>',
      text: 'Lift a ban',
      run: (client, [as = '', who = '']) => {
        const params = { as, who }
        return client.call<typeof deleteBan>('DELETE', '/banned/{as}/{who}', { params })
      },
    }),
    restCommand({
      usage: 'clear',
      text: 'Lift all bans',
      run: (client) => client.call<typeof clearBans>('DELETE', '/banned', {}),
    }),
  ])
}
