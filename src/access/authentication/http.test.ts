import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { HttpAnswer } from '#drivers/http.ts'
import { IGNORE } from '#plugin/define-authenticator.ts'
import { compileRequest } from '../backends/http-request.ts'
import { readDecision } from './http.ts'

const NOW_MS = 1_000_000

function answer(fields: unknown, status = 200, type = 'application/json'): HttpAnswer {
  const text = typeof fields === 'string' ? fields : JSON.stringify(fields)
  return { status, headers: { 'content-type': type }, body: Buffer.from(text) }
}

function decide(fields: unknown, status?: number, type?: string) {
  return readDecision(answer(fields, status, type), NOW_MS)
}

describe('the answer of an authentication server', () => {
  it('accepts with allow and with 204', () => {
    assert.deepEqual(decide({ result: 'allow' }), { allowed: true, isSuperuser: false })
    assert.deepEqual(decide('', 204), { allowed: true, isSuperuser: false })
    assert.deepEqual(decide({ result: 'allow', is_superuser: true }), {
      allowed: true,
      isSuperuser: true,
    })
    const form = 'application/x-www-form-urlencoded; charset=utf-8'
    assert.deepEqual(decide('result=allow&is_superuser=true', 200, form), {
      allowed: true,
      isSuperuser: true,
    })
  })

  it('brings attributes, rules and an end', () => {
    const acl = [{ permission: 'allow', action: 'publish', topic: 'a/#', qos: [1], retain: 'all' }]
    const result = decide({ result: 'allow', client_attrs: { g: 'x' }, acl, expire_at: 2000 })
    assert.deepEqual(result, {
      allowed: true,
      isSuperuser: false,
      clientAttributes: { g: 'x' },
      acl: {
        rules: [{ permission: 'allow', action: 'publish', topic: 'a/#', qos: [1] }],
        otherwise: 'pass',
      },
      expiresAtMs: 2_000_000,
      disconnectAtExpiry: true,
    })
    const past = decide({ result: 'allow', expire_at: 999 })
    assert.ok(past.allowed === false && past.reason === ReasonCode.NOT_AUTHORIZED)
  })

  it('refuses with deny, and leaves it to others with ignore and 4xx', () => {
    const denied = decide({ result: 'deny', is_superuser: true })
    assert.ok(denied.allowed === false && denied.reason === ReasonCode.NOT_AUTHORIZED)
    assert.equal(decide({ result: 'ignore' }), IGNORE)
    assert.equal(decide({ result: 'allow' }, 401), IGNORE)
  })

  it('never accepts with nonsense', () => {
    const nonsense: readonly [unknown, number?, string?][] = [
      [{ result: 'allow' }, 500],
      [{ result: 'allow' }, 302],
      [{ result: 'allow' }, 201],
      [{ result: true }],
      [{ result: ['allow'] }],
      [{}],
      [[]],
      ['null'],
      ['allow'],
      ['{"result":"allow"'],
      [{ result: 'allow' }, 200, 'text/html'],
      [{ result: 'allow', acl: 'all' }],
      [{ result: 'allow', client_attrs: 1 }],
      [{ result: 'allow', expire_at: 'soon' }],
    ]
    for (const [fields, status, type] of nonsense) {
      assert.throws(() => decide(fields, status, type), JSON.stringify(fields))
    }
  })
})

describe('the request to an authentication server', () => {
  const keys = {
    method: 'post',
    url: 'http://h:1/users/${username}?x=1',
    headers: { 'X-Client': '${clientid}', 'Keep-Alive': 'timeout=30', host: 'other' },
    body: { password: '${password}', cn: '${cert_common_name}' },
    pool_size: 8,
    enable_pipelining: 100,
    request_timeout: 1,
    connect_timeout: 1,
    ssl: undefined,
  } as const
  const values = (name: string) =>
    ({ username: 'a/../b?c&d', clientid: 'c\r\nX-Admin: 1', password: 'p"&=' })[name]

  it('holds values as values: in path, headers, JSON and query', () => {
    const post = compileRequest(keys as never)(values)
    assert.equal(post.method, 'POST')
    assert.equal(post.path, '/users/a%2F..%2Fb%3Fc%26d?x=1')
    assert.equal(post.body, JSON.stringify({ password: 'p"&=', cn: '' }))
    assert.deepEqual(post.headers, {
      accept: 'application/json',
      'cache-control': 'no-cache',
      'x-client': 'cX-Admin: 1',
      'content-type': 'application/json',
    })
    const get = compileRequest({ ...keys, method: 'get' } as never)(values)
    assert.equal(get.path, '/users/a%2F..%2Fb%3Fc%26d?x=1&password=p%22%26%3D&cn=')
    assert.equal(get.body, undefined)
  })

  it('is not made when a value would lead out of its folder', () => {
    const named = (username: string, url = keys.url as string) =>
      compileRequest({ ...keys, url } as never)((name) => (name === 'username' ? username : ''))
    for (const name of ['.', '..']) assert.throws(() => named(name), /a segment of dots/)
    assert.throws(() => named('.', 'http://h:1/users/%2e${username}'), /a segment of dots/)
    for (const name of ['...', '.a', '..a']) assert.equal(named(name).path, `/users/${name}?x=1`)
    const inQuery = named('..', 'http://h:1/users?name=${username}')
    assert.equal(inQuery.path, '/users?name=..')
  })

  it('is a form when the content type says so', () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const { body } = compileRequest({ ...keys, headers } as never)(values)
    assert.equal(body, 'password=p%22%26%3D&cn=')
  })
})
