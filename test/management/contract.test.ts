/** Every operation of the OpenAPI document keeps what the document says, with real requests. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectAsync } from 'mqtt'
import * as Schema from 'typebox/schema'
import { type ApiOperation, operationsOf } from './support/api-document.ts'
import { fillLists, LIST_PARAMS, MADE } from './support/fill-lists.ts'
import {
  type GoodRequest,
  goodRequests,
  LAST_REQUESTS,
  type Scene,
} from './support/good-requests.ts'
import { type ApiReply, basic, type ManagedBroker, startManaged } from './support/managed-broker.ts'

const NOWHERE = 'no-such-thing'
/** Changed by requests, and switched off. */
const KEPT = `
  connectors.http.kept { url = "http://127.0.0.1:9", enable = false }
  actions.http.kept { connector = kept, parameters { }, enable = false }
  connectors.mqtt.kept { server = "127.0.0.1:9", enable = false }
  sources.mqtt.kept { connector = kept, parameters.topic = x, enable = false }
`

describe('the OpenAPI document', () => {
  let managed: ManagedBroker
  let scene: Scene
  let operations: readonly ApiOperation[]
  let viewer: string
  let publisher: string

  before(async () => {
    managed = await startManaged({ shards: 2, config: KEPT })
    scene = await makeScene(managed)
    const { body } = await managed.call('GET', '/api-docs/swagger.json')
    operations = operationsOf(body)
    const eve = { username: 'eve', password: 'looking-at-1' }
    await managed.call('POST', '/users', { body: { ...eve, role: 'viewer' } })
    viewer = `Bearer ${(await managed.call('POST', '/login', { body: eve })).body.token}`
    const key = await managed.call('POST', '/api_key', { body: { name: 'p', role: 'publisher' } })
    publisher = basic(key.body.api_key, key.body.api_secret)
  })
  after(async () => {
    await scene.client.endAsync(true)
    await managed.stop()
  })

  function send(operation: ApiOperation, request: GoodRequest, auth?: string): Promise<ApiReply> {
    const { params = {}, query, body } = request
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      return encodeURIComponent(params[name] ?? NOWHERE)
    })
    const url = query === undefined ? path : `${path}?${query}`
    return managed.call(operation.method, url, {
      ...(auth !== undefined && { auth }),
      ...(body !== undefined && { body }),
    })
  }

  it('names a good request of the tests for every operation', () => {
    const known = { ...goodRequests(scene), ...LAST_REQUESTS }
    assert.deepEqual(operations.map(({ id }) => id).toSorted(), Object.keys(known).toSorted())
  })

  it('says truly who is let in', async () => {
    for (const operation of operations) {
      const { id, permission, usersOnly } = operation
      if (permission === 'public') continue
      const nobody = await send(operation, {}, '')
      assert.equal(nobody.status, 401, `${id} without credentials`)
      assert.equal(nobody.body.code, 'AUTHORIZATION_HEADER_ERROR', id)
      if (permission === 'write' || permission === 'publish') {
        const { status, body } = await send(operation, {}, viewer)
        assert.equal(status, 403, `${id} as viewer`)
        assert.equal(body.code, 'UNAUTHORIZED_ROLE', id)
      }
      if (permission !== 'publish') {
        const { status } = await send(operation, {}, publisher)
        assert.equal(status, usersOnly ? 401 : 403, `${id} as publisher`)
      }
    }
  })

  it('has a 400 with the path for every wrong input', async () => {
    const good = goodRequests(scene)
    for (const operation of operations) {
      const request = good[operation.id] ?? {}
      for (const name of operation.typedQuery) {
        const { status, body } = await send(operation, { ...request, query: `${name}=wrong` })
        assert.equal(status, 400, `${operation.id} ?${name}`)
        assert.match(body.message, new RegExp(`query\\.${name}`), operation.id)
      }
      if (operation.bodyType !== 'application/json') continue
      const { status, body } = await send(operation, { ...request, body: { wrong_field: {} } })
      assert.equal(status, 400, `${operation.id} with a wrong body`)
      assert.match(body.message, /body/, operation.id)
    }
  })

  it('has a 404 for what does not exist', async () => {
    const good = goodRequests(scene)
    for (const operation of operations) {
      if (!operation.replies.has(404) || !operation.path.includes('{')) continue
      const { body: given, query } = good[operation.id] ?? {}
      const params = { msgid: '0'.repeat(34), enable: 'true' }
      const { status, body } = await send(operation, {
        params,
        ...(given !== undefined && { body: given }),
        ...(query !== undefined && { query }),
      })
      assert.equal(status, 404, `${operation.id}: ${JSON.stringify(body)}`)
      assert.equal(typeof body.code, 'string')
      assert.match(body.message, /no /i, operation.id)
    }
  })

  it('has the schema of every reply to a good request', async () => {
    const requests = { ...goodRequests(scene), ...LAST_REQUESTS }
    for (const [id, request] of Object.entries(requests)) {
      const operation = operations.find((one) => one.id === id)
      assert.ok(operation, id)
      const { status, body } = await send(operation, request)
      const expected = request.status ?? (operation.replies.has(204) ? 204 : 200)
      assert.equal(status, expected, `${id}: ${JSON.stringify(body)}`)
      if (id === 'cancelDelayed') await delayMessage(managed)
      const schema = operation.replies.get(status)
      // Failures have one schema, which is referred to.
      if (schema === undefined || status >= 400) continue
      const [, errors] = Schema.Compile(schema).Errors(body)
      assert.deepEqual(errors, [], id)
    }
  })
})

/** Lists that go on by something else, as in EMQX or as their readers need it. */
const GOES_ON_BY: Readonly<Record<string, string>> = {
  listQueuedMessages: 'position',
  listInflightMessages: 'position',
  listTopicLevels: 'after',
  listLogs: 'before',
}

describe('every list of the OpenAPI document', () => {
  let managed: ManagedBroker
  let lists: readonly ApiOperation[]

  before(async () => {
    managed = await startManaged({ shards: 2 })
    await fillLists(managed)
    const { body } = await managed.call('GET', '/api-docs/swagger.json')
    lists = operationsOf(body).filter(isList)
  })
  after(() => managed.stop())

  /** Entries of a page without what changes while one looks. */
  async function read(path: string, query: string) {
    const { status, body } = await managed.call('GET', `${path}?${query}`)
    assert.equal(status, 200, `${path}?${query}: ${JSON.stringify(body)}`)
    const data: readonly { readonly message?: string }[] = body.data
    // A busy machine may have alarms of its own.
    const made = data.filter(({ message }) => message === undefined || message === MADE)
    return {
      data: made.map((one) => ({ ...one, delayed_remaining: 0, duration: 0 })),
      meta: body.meta,
    }
  }

  it('gives each entry once by cursor', async () => {
    assert.ok(lists.length > 20, 'the lists are found')
    for (const { id, path: template, queryNames } of lists) {
      const other = GOES_ON_BY[id]
      assert.ok(queryNames.includes(other ?? 'cursor'), `${id} has no cursor`)
      if (other !== undefined) continue
      const path = pathOf(template)
      for (const more of id === 'listAlarms' ? ['', '&activated=false'] : ['']) {
        const whole = await read(path, `limit=1000${more}`)
        assert.ok(whole.data.length >= 5, `${id} has entries: ${whole.data.length}`)
        assert.equal(whole.meta.hasnext, false, id)
        const walked: object[] = []
        let cursor = ''
        do {
          const { data, meta } = await read(path, `limit=2${more}${cursor}`)
          assert.equal(typeof meta.cursor, meta.hasnext ? 'string' : 'undefined', id)
          walked.push(...data)
          cursor = meta.hasnext ? `&cursor=${encodeURIComponent(meta.cursor)}` : ''
        } while (cursor !== '' && walked.length <= whole.data.length)
        assert.deepEqual(walked, whole.data, id)
      }
    }
  })

  it('refuses a cursor that it has not given, and one together with a page', async () => {
    for (const { id, path, queryNames } of lists) {
      if (GOES_ON_BY[id] !== undefined) continue
      for (const query of ['cursor=none', 'cursor=bnVsbA', 'cursor=W10', 'page=1&cursor=W10']) {
        // A list that has no pages refuses nothing but the cursor.
        if (query.startsWith('page') && !queryNames.includes('page')) continue
        const { status, body } = await managed.call('GET', `${pathOf(path)}?${query}`)
        assert.equal(status, 400, `${id} ${query}`)
        assert.match(body.message, /^query\.cursor/, id)
      }
    }
  })

  it('goes on where it was when entries come and go', async () => {
    const lost: Readonly<Record<string, (entry: Record<string, string>) => string>> = {
      '/rules': ({ id }) => `/rules/${id}`,
      '/banned': ({ as, who }) => `/banned/${as}/${who}`,
      '/data/files': ({ filename }) => `/data/files/${filename}`,
      '/mqtt/delayed/messages': ({ node, msgid }) => `/mqtt/delayed/messages/${node}/${msgid}`,
      '/authorization/sources/built_in_database/rules/users': ({ username }) =>
        `/authorization/sources/built_in_database/rules/users/${username}`,
    }
    const audit = await read('/audit', 'limit=3')
    for (const [path, pathOfEntry] of Object.entries(lost)) {
      const whole = await read(path, 'limit=1000')
      const { data, meta } = await read(path, 'limit=2')
      for (const entry of data) {
        const { status } = await managed.call('DELETE', pathOfEntry(entry as never))
        assert.equal(status, 204, path)
      }
      const rest = await read(path, `limit=1000&cursor=${meta.cursor}`)
      assert.deepEqual(rest.data, whole.data.slice(2), path)
    }
    const rest = await read('/audit', `limit=1000&cursor=${audit.meta.cursor}`)
    const whole = await read('/audit', 'limit=1000')
    assert.deepEqual(rest.data, whole.data.slice(whole.data.length - rest.data.length))
    assert.equal(rest.data.length, whole.data.length - 3 - 2 * Object.keys(lost).length)
  })
})

function isList({ method, replies }: ApiOperation): boolean {
  const schema:
    | { readonly properties?: { readonly data?: { readonly type?: string }; meta?: object } }
    | undefined = replies.get(200)
  const { data, meta } = schema?.properties ?? {}
  return method === 'GET' && data?.type === 'array' && meta !== undefined
}

function pathOf(template: string): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => LIST_PARAMS[name] ?? NOWHERE)
}

/** A client with a subscription, a retained message and a delayed one. */
async function makeScene(managed: ManagedBroker): Promise<Scene> {
  const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
  const client = await connectAsync(url, { clientId: 'seen', reconnectPeriod: 0 })
  client.on('error', () => {})
  await client.subscribeAsync(['seen/#', '$exclusive/alone'], { qos: 1 })
  await client.publishAsync('kept/1', 'x', { qos: 1, retain: true })
  await delayMessage(managed)
  const { body } = await managed.call('GET', '/mqtt/delayed/messages')
  managed.management.context.alarms.set('made', true, 'Made by the test.', {})
  return { managed, client, delayedId: body.data[0].msgid }
}

async function delayMessage(managed: ManagedBroker): Promise<void> {
  const body = { topic: '$delayed/1000/later/1', payload: 'x', qos: 1 }
  await managed.call('POST', '/publish', { body })
}
