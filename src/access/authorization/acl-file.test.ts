import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Identity } from '#broker/ports.ts'
import type { AuthorizeRequest } from '#plugin/define-authorizer.ts'
import { parseAclFile } from './acl-file.ts'
import { TermError } from './erlang-terms.ts'
import { decideByRules } from './rule.ts'

type Client = Partial<Omit<Identity, 'wire'>> & {
  host?: string
  zone?: string
  commonName?: string
}
type Asked = Partial<Omit<AuthorizeRequest, 'client'>>

function decide(text: string, client: Client, asked: Asked): string {
  const { host = '192.0.2.1', zone, commonName, ...rest } = client
  const wire = {
    listener: 'tcp:default',
    transport: 'tcp',
    peerHost: host,
    peerPort: 1,
    localPort: 1883,
    ...(zone !== undefined && { zone }),
    ...(commonName !== undefined && { certCommonName: commonName }),
  } as const
  const identity = { clientId: 'c', username: undefined, isSuperuser: false, wire, ...rest }
  return decideByRules(parseAclFile(text), {
    client: identity,
    action: 'publish',
    topic: 't',
    qos: 0,
    retain: false,
    ...asked,
  })
}

function errorOf(text: string): string {
  try {
    parseAclFile(text)
  } catch (error) {
    assert.ok(error instanceof TermError)
    return error.message
  }
  return 'no error'
}

describe('a file of rules', () => {
  it('is read in order: the first rule that fits decides', () => {
    const text = `
      %% comments may stand everywhere
      {allow, {username, "a"}, all, ["t"]}. % here too
      {deny, all}.
      {allow, all}.`
    assert.equal(decide(text, { username: 'a' }, {}), 'allow')
    assert.equal(decide(text, { username: 'b' }, {}), 'deny')
    assert.equal(decide('', {}, {}), 'ignore')
  })

  it('says who a rule is about', () => {
    const cases: [who: string, client: Client, fits: boolean][] = [
      ['all', {}, true],
      ['{username, "u"}', { username: 'u' }, true],
      ['{user, "u"}', { username: 'u' }, true],
      ['{user, "u"}', { username: 'U' }, false],
      ['{user, "u"}', {}, false],
      ['{username, <<"ü"/utf8>>}', { username: 'ü' }, true],
      ['{username, {re, "^dash"}}', { username: 'dashboard' }, true],
      ['{username, {re, "^dash"}}', { username: 'a dash' }, false],
      ['{clientid, "c"}', {}, true],
      ['{client, {re, "^[a-c]$"}}', {}, true],
      ['{clientid, "d"}', {}, false],
      ['{client_attr, "group", "g"}', { clientAttributes: { group: 'g' } }, true],
      ['{client_attr, "group", {re, "^g"}}', { clientAttributes: { group: 'go' } }, true],
      ['{client_attr, "group", "g"}', {}, false],
      ['{client_attr, "constructor", {re, "."}}', { clientAttributes: {} }, false],
      ['{ipaddr, "192.0.2.1"}', {}, true],
      ['{ipaddr, "192.0.2.0/24"}', {}, true],
      ['{ipaddr, "10.0.0.0/8"}', {}, false],
      ['{ipaddr, "::1"}', { host: '::1' }, true],
      ['{ipaddrs, ["10.0.0.0/8", "192.0.2.1"]}', {}, true],
      ['{listener, "tcp:default"}', {}, true],
      ['{zone, default}', {}, true],
      ['{zone, "plant"}', {}, false],
      ['{zone, {re, "^pl"}}', { zone: 'plant' }, true],
      [`{'and', [{clientid, "c"}, {ipaddr, "192.0.2.1"}]}`, {}, true],
      [`{'and', [{clientid, "c"}, {username, "u"}]}`, {}, false],
      [`{'or', [{clientid, "x"}, {'and', [all]}]}`, {}, true],
      [`{'or', []}`, {}, false],
    ]
    for (const [who, client, fits] of cases) {
      const verdict = decide(`{allow, ${who}, publish, ["t"]}.`, client, {})
      assert.equal(verdict, fits ? 'allow' : 'ignore', who)
    }
  })

  it('says what a rule allows', () => {
    const cases: [action: string, asked: Asked, fits: boolean][] = [
      ['publish', {}, true],
      ['publish', { action: 'subscribe' }, false],
      ['subscribe', { action: 'subscribe' }, true],
      ['all', { action: 'subscribe' }, true],
      ['{publish, [{qos, 1}]}', { qos: 1 }, true],
      ['{publish, [{qos, 1}]}', { qos: 0 }, false],
      ['{all, [{qos, [0, 2]}]}', { qos: 2 }, true],
      ['{publish, [{qos, 1}, {retain, false}]}', { qos: 1 }, true],
      ['{publish, [{retain, false}]}', { retain: true }, false],
      ['{publish, [{retain, all}]}', { retain: true }, true],
      ['{subscribe, [{retain, true}]}', { action: 'subscribe' }, true],
    ]
    for (const [action, asked, fits] of cases) {
      const verdict = decide(`{deny, all, ${action}, ["t"]}.`, {}, asked)
      assert.equal(verdict, fits ? 'deny' : 'ignore', action)
    }
  })

  it('says for which topics', () => {
    const cases: [topic: string, asked: string, fits: boolean, client?: Client][] = [
      ['"a/#"', 'a', true],
      ['"a/+"', 'a/b', true],
      ['"a/+"', 'a/b/c', false],
      ['"#"', '$SYS/x', false],
      ['{eq, "a"}', 'a', true],
      ['{eq, "${clientid}"}', '${clientid}', true],
      ['"eq a"', 'a', true],
      ['"d/${clientid}/#"', 'd/c/up', true],
      ['"d/${clientid}/#"', 'd/x/up', false],
      ['"d/dev-${clientid}"', 'd/dev-c', true],
      ['"d/${username}"', 'd/', false],
      ['"d/${username}"', 'd/u', true, { username: 'u' }],
      ['"d/${cert_common_name}"', 'd/n', true, { commonName: 'n' }],
      ['"d/${client_attrs.g}"', 'd/v', true, { clientAttributes: { g: 'v' } }],
      ['"d/${$}{clientid}"', 'd/${clientid}', true],
    ]
    for (const [topic, asked, fits, client = {}] of cases) {
      const verdict = decide(`{allow, all, all, ["x", ${topic}]}.`, client, { topic: asked })
      assert.equal(verdict, fits ? 'allow' : 'ignore', `${topic} for ${asked}`)
    }
  })

  it('lets no name of a client reach beyond its own topics', () => {
    for (const clientId of ['+', '#', 'a/b', 'x+', '']) {
      for (const action of ['publish', 'subscribe'] as const) {
        for (const topic of ['d/+/up', 'd/#', 'd/a/up', 'd/a/b/up', `d/${clientId}/up`]) {
          const text = '{allow, all, all, ["d/${clientid}/up"]}.'
          assert.equal(decide(text, { clientId }, { action, topic }), 'ignore')
        }
      }
    }
  })

  it('takes texts with escapes, and atoms as texts', () => {
    const text = `{allow, {username, "a\\"\\x{e9}\\n\\101"}, all, [all, "t"]}.`
    assert.equal(decide(text, { username: 'a"é\nA' }, {}), 'allow')
    assert.equal(
      decide(`{allow, {username, admin}, all, ["t"]}.`, { username: 'admin' }, {}),
      'allow',
    )
  })

  it('says line, column and what is expected there', () => {
    const cases: [text: string, message: RegExp][] = [
      ['{allow, all}', /^1:13: expected a full stop/],
      ['{allow, all}.\n{permit, all}.', /^2:2: expected allow, deny$/],
      ['\n  {allow, {username "u"}, all, ["t"]}.', /^2:21: expected `,` or `}`, found `"`/],
      ['{allow, all, publish, "t"}.', /^1:23: expected a list of topics/],
      ['{allow, all, publish, ["a+"]}.', /^1:24: "a\+" is no topic filter/],
      ['{allow, all, publish, ["${foo}"]}.', /^1:24: \$\{foo\} in "\$\{foo\}" is no placeholder/],
      ['{allow, {ipaddr, "10.0.0.0/40"}, all, ["t"]}.', /^1:9: "10.0.0.0\/40" is no address/],
      ['{allow, {username, {re, "("}}, all, ["t"]}.', /^1:25: "\(" is no regular expression/],
      ['{allow, {username, {re, "(?=a)"}}, all, ["t"]}.', /^1:25: .*is no regular expression/],
      ['{allow, {publish, "x"}, all, ["t"]}.', /^1:9: expected all, \{username/],
      ['{allow, all, {publish, [{qos, 3}]}, ["t"]}.', /^1:31: expected a QoS/],
      ['{allow, all, write, ["t"]}.', /^1:14: expected publish, subscribe, all/],
      ['{allow, all, publish, ["t]}.', /^1:24: the text that begins here has no closing/],
      ['allow.', /^1:1: expected \{allow \| deny/],
      ['{allow, 1.5}.', /^1:9: expected a term, found `1`/],
      [`${'['.repeat(100)}`, /^1:34: terms are nested more than 32 deep/],
    ]
    for (const [text, message] of cases) assert.match(errorOf(text), message, text)
  })

  it('as shipped opens all but the broker’s own topics', () => {
    const text = readFileSync(new URL('../../../etc/acl.conf', import.meta.url), 'utf8')
    const may = (client: Client, action: 'publish' | 'subscribe', topic: string) =>
      decide(text, client, { action, topic })
    assert.equal(may({}, 'publish', 'a/b'), 'allow')
    assert.equal(may({}, 'subscribe', 'a/#'), 'allow')
    for (const filter of ['#', '+/#', '$SYS/#', '$SYS/brokers']) {
      assert.equal(may({}, 'subscribe', filter), 'deny', filter)
      assert.equal(may({ host: '127.0.0.1' }, 'subscribe', filter), 'allow', filter)
    }
    assert.equal(may({ username: 'dashboard' }, 'subscribe', '$SYS/#'), 'allow')
  })
})
