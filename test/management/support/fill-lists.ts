/** Entries for every list of the REST API that has pages. */
import { packTar } from '#management/files/tar.ts'
import { formWith, type ManagedBroker } from './managed-broker.ts'

/** Not in their order: lists have one of their own. */
const NAMES = ['c', 'a', 'e', 'b', 'd']
const BUILT_IN = 'password_based:built_in_database'

/** What alarms say. */
export const MADE = 'Made by the test.'

/** Values of the parameters in the paths of lists. */
export const LIST_PARAMS: Readonly<Record<string, string>> = {
  id: BUILT_IN,
  listener_id: 'ws:default',
}

/** Makes five entries or more for each list but those that are full of changes anyway. */
export async function fillLists(managed: ManagedBroker): Promise<void> {
  const make = async (path: string, body: unknown, method = 'POST'): Promise<void> => {
    const { status, body: answer } = await managed.call(method, path, { body })
    if (status >= 400) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  }
  const settings = { enable: true, threshold: '100ms', top_k_num: 9, stats_type: 'response' }
  await make('/slow_subscriptions/settings', settings, 'PUT')
  const authentication = { mechanism: 'password_based', backend: 'built_in_database' }
  const chains = ['/authentication', '/listeners/ws:default/authentication']
  for (const chain of chains) await make(chain, authentication)
  const rules = [{ permission: 'allow', action: 'all', topic: 'a/#' }]
  for (const [index, name] of NAMES.entries()) {
    for (const chain of chains) {
      await make(`${chain}/${BUILT_IN}/users`, { user_id: name, password: 'x' })
    }
    await make('/authorization/sources/built_in_database/rules/clients', [
      { clientid: name, rules },
    ])
    await make('/authorization/sources/built_in_database/rules/users', [{ username: name, rules }])
    await make('/banned', { as: index % 2 === 0 ? 'username' : 'clientid', who: `ban-${name}` })
    await make('/rules', { id: name, sql: 'SELECT * FROM "nowhere"' })
    const due = 1000 + (index % 2)
    await make('/publish', { topic: `$delayed/${due}/later/${name}`, payload: 'x', qos: 1 })
    await make('/publish', { topic: `kept/${name}`, payload: 'x', qos: 1, retain: true })
    await make('/configs/delayed', { max_delayed_messages: 1000 + index }, 'PUT')
    const part = { name: `${name}/META.hocon`, content: Buffer.alloc(0) }
    await make('/data/files', formWith(`${name}.tar.gz`, packTar([part], 0)))
    managed.management.context.alarms.set(name, true, MADE, {})
    managed.management.context.alarms.set(`ended-${name}`, true, MADE, {})
    managed.management.context.alarms.deactivate(`ended-${name}`)
  }
  await connectSlowClients(managed)
}

/** Clients that acknowledge a message late, until that has been noticed of all. */
async function connectSlowClients(managed: ManagedBroker): Promise<void> {
  for (const name of NAMES) {
    const auth = { username: name, password: 'x', keepalive: 0 }
    const client = await managed.connect(`client-${name}`, auth)
    client.handleMessage = (_packet, done) => setTimeout(done, 150)
    await client.subscribeAsync(['slow', `own/${name}`, `$exclusive/alone/${name}`], { qos: 1 })
  }
  await managed.call('POST', '/publish', { body: { topic: 'slow', payload: 'x', qos: 1 } })
  for (;;) {
    const { body } = await managed.call('GET', '/slow_subscriptions')
    if (body.data.length === NAMES.length) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
