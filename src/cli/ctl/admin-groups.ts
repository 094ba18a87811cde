import type { createApiKey, deleteApiKey, listApiKeys } from '#management/contract/api-keys.ts'
import type { clearAuthorizationCache } from '#management/contract/authorization.ts'
import type { clearClientDecisions } from '#management/contract/clients.ts'
import type { listAlarms } from '#management/contract/observe.ts'
import type {
  changePassword,
  createUser,
  deleteUser,
  listUsers,
} from '#management/contract/users.ts'
import type { Command } from 'commander'
import { makeGroup, restCommand } from '../rest/rest-command.ts'
import { showRecord, showTable } from '../rest/show.ts'

const USER_ROLES = ['administrator', 'viewer'] as const
const CACHES = ['all', 'node', 'client'] as const
const KEY_ROLES = ['administrator', 'viewer', 'publisher'] as const

/** `admins`, `api_keys`, `authz` and `alarms`. */
export function makeAdminGroups(): readonly Command[] {
  return [admins(), apiKeys(), authz(), alarms()]
}

function admins(): Command {
  return makeGroup('admins', 'Users of dashboard and REST API', [
    restCommand({
      usage: 'list',
      text: 'All users',
      run: (client) => client.call<typeof listUsers>('GET', '/users', {}),
      show: (rows) => showTable(rows, ['username', 'role', 'description']),
    }),
    restCommand({
      usage: 'add <username> <password> [description] [role]',
      text: `Make a user; role is one of ${USER_ROLES.join(', ')} (default: ${USER_ROLES[1]})`,
      run: (client, [username = '', password = '', description = '', role = 'viewer']) => {
        const body = { username, password, description, role: oneOf(USER_ROLES, role) }
        return client.call<typeof createUser>('POST', '/users', { body })
      },
    }),
    restCommand({
      usage: 'passwd <username> <password>',
      text: 'Change the password of a user',
      run: (client, [username = '', password = '']) => {
        const path = '/users/{username}/change_pwd'
        const body = { new_pwd: password }
        return client.call<typeof changePassword>('POST', path, { params: { username }, body })
      },
    }),
    restCommand({
      usage: 'del <username>',
      text: 'Remove a user',
      run: (client, [username = '']) => {
        const params = { username }
        return client.call<typeof deleteUser>('DELETE', '/users/{username}', { params })
      },
    }),
  ])
}

function apiKeys(): Command {
  return makeGroup('api_keys', 'API keys of programs', [
    restCommand({
      usage: 'list',
      text: 'All keys',
      run: (client) => client.call<typeof listApiKeys>('GET', '/api_key', {}),
      show: (rows) => showTable(rows, ['name', 'api_key', 'role', 'enable', 'expired_at']),
    }),
    restCommand({
      usage: 'add <name> [role]',
      text: `Make a key and show its secret; role is one of ${KEY_ROLES.join(', ')}`,
      run: (client, [name = '', role = 'administrator']) => {
        const body = { name, role: oneOf(KEY_ROLES, role), enable: true }
        return client.call<typeof createApiKey>('POST', '/api_key', { body })
      },
      show: showRecord,
    }),
    restCommand({
      usage: 'del <name>',
      text: 'Remove a key',
      run: (client, [name = '']) => {
        return client.call<typeof deleteApiKey>('DELETE', '/api_key/{name}', { params: { name } })
      },
    }),
  ])
}

function authz(): Command {
  return makeGroup('authz', 'Authorization', [
    restCommand({
      usage: 'cache-clean [whose] [client id]',
      text: 'Forget what was decided about clients: all, node (this one: the same), client <id>',
      run: (client, [whose = 'all', clientid]) => {
        if (oneOf(CACHES, whose) !== 'client') {
          return client.call<typeof clearAuthorizationCache>('DELETE', '/authorization/cache', {})
        }
        if (clientid === undefined) throw new Error('name the client')
        const path = '/clients/{clientid}/authorization/cache'
        return client.call<typeof clearClientDecisions>('DELETE', path, { params: { clientid } })
      },
    }),
  ])
}

function alarms(): Command {
  return makeGroup('alarms', 'What is wrong with the node', [
    restCommand({
      usage: 'list',
      text: 'Active alarms',
      options: [['--ended', 'those that have ended']],
      run: async (client, _args, { ended }) => {
        const query = { activated: ended !== true }
        return (await client.call<typeof listAlarms>('GET', '/alarms', { query })).data
      },
      show: (rows) => showTable(rows, ['name', 'activate_at', 'message']),
    }),
  ])
}

function oneOf<const W extends readonly string[]>(words: W, given: string): W[number] {
  const found = words.find((word) => word === given)
  if (found === undefined) throw new Error(`${given} is not one of ${words.join(', ')}`)
  return found
}
