import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RewriteRuleSettings } from '../limits.ts'
import { REWRITE_RULES_MAX, REWRITE_TOPIC_CHARS_MAX, TopicRewriter } from './rewrite.ts'

const CLIENT = { clientId: 'c7', username: 'ada' }

function rule(
  action: RewriteRuleSettings['action'],
  sourceTopic: string,
  regularExpression: string,
  destTopic: string,
): RewriteRuleSettings {
  return { action, sourceTopic, regularExpression, destTopic }
}

test('the first rule whose filter matches decides, also when its pattern does not match', () => {
  const rewriter = new TopicRewriter([
    rule('all', 'plant/+/line/#', '^plant/(.+)/line/(.+)$', 'line/$2/of/$1'),
    rule('all', 'plant/#', '^plant/hall/(.+)$', 'hall/$1'),
    rule('all', 'plant/hall/+', '^plant/hall/([0-9]+)$', 'number/$1'),
  ])
  const expected: readonly (readonly [from: string, to: string])[] = [
    ['plant/a/line/b', 'line/b/of/a'],
    ['plant/a/line/b/c', 'line/b/c/of/a'],
    ['plant/a/line', 'plant/a/line'],
    ['plant/1/2', 'plant/1/2'],
    ['plant/hall/2', 'hall/2'],
    ['plant/hall/door', 'hall/door'],
    ['other', 'other'],
  ]
  for (const [from, to] of expected) {
    assert.equal(rewriter.rewriteTopic(from, CLIENT), to)
    assert.equal(rewriter.rewriteFilter(from, CLIENT), to)
  }
})

test('a rule concerns publishes, subscriptions or both', () => {
  const rewriter = new TopicRewriter([
    rule('publish', 'a', '^a$', 'published'),
    rule('subscribe', 'a', '^a$', 'subscribed'),
  ])
  assert.equal(rewriter.rewriteTopic('a', CLIENT), 'published')
  assert.equal(rewriter.rewriteFilter('a', CLIENT), 'subscribed')
})

test('filters are rewritten inside special prefixes, which stay', () => {
  const rewriter = new TopicRewriter([rule('subscribe', 'x/#', '^x/(.+)$', 'y/$1')])
  assert.equal(rewriter.rewriteFilter('$share/g/x/+', CLIENT), '$share/g/y/+')
  assert.equal(rewriter.rewriteFilter('$queue/x/1', CLIENT), '$queue/y/1')
  assert.equal(rewriter.rewriteFilter('$exclusive/x/1', CLIENT), '$exclusive/y/1')
  assert.equal(rewriter.rewriteFilter('$share/g/z', CLIENT), '$share/g/z')
  assert.equal(rewriter.rewriteFilter('x/#', CLIENT), 'y/#')
})

test('client id and username are filled in, and refused when missing or unsafe', () => {
  const rewriter = new TopicRewriter([
    rule('all', 'up/#', '^up/(.+)$', 'in/${clientid}/${username}/$1'),
  ])
  assert.equal(rewriter.rewriteTopic('up/t', CLIENT), 'in/c7/ada/t')
  assert.equal(rewriter.rewriteTopic('up/t', { ...CLIENT, username: undefined }), undefined)
  assert.equal(rewriter.rewriteFilter('up/t', { ...CLIENT, clientId: '+' }), undefined)
  assert.equal(rewriter.rewriteFilter('$share/g/up/t', { ...CLIENT, clientId: '#' }), undefined)
})

test('a group that took no part is empty', () => {
  const rewriter = new TopicRewriter([rule('all', '#', '^a(/b)?/c$', 'x$1/y')])
  assert.equal(rewriter.rewriteTopic('a/c', CLIENT), 'x/y')
  assert.equal(rewriter.rewriteTopic('a/b/c', CLIENT), 'x/b/y')
})

test('a topic too long for a regular expression is refused when a rule would concern it', () => {
  const rewriter = new TopicRewriter([rule('all', 'a/#', '^a/(.+)$', 'b/$1')])
  const long = 'x'.repeat(REWRITE_TOPIC_CHARS_MAX)
  assert.equal(rewriter.rewriteTopic(`a/${long}`, CLIENT), undefined)
  assert.equal(rewriter.rewriteTopic(`c/${long}`, CLIENT), `c/${long}`)
})

test('rules that cannot work are refused with their number and the cause', () => {
  const good = rule('all', 'a', '^a$', 'b')
  const bad: readonly (readonly [broken: RewriteRuleSettings, message: RegExp])[] = [
    [rule('all', 'a/#/b', 'a', 'b'), /rule 2: source_topic "a\/#\/b" is not a topic filter/u],
    [rule('all', 'a', '(', 'b'), /rule 2: re does not compile/u],
    [rule('all', 'a', '^(?=a)a$', 'b'), /rule 2: re does not compile/u],
    [rule('all', 'a', '(a)', 'b/$2'), /rule 2: dest_topic has \$2, re has 1 groups/u],
    [rule('all', 'a', 'a', 'b/${host}'), /rule 2: dest_topic has \$\{host\}/u],
    [rule('publish', 'a', 'a', 'b/+'), /rule 2: dest_topic "b\/\+" has a wildcard/u],
    [rule('all', 'a', 'a', ''), /rule 2: dest_topic is empty/u],
  ]
  for (const [broken, message] of bad) {
    assert.throws(() => new TopicRewriter([good, broken]), { message })
  }
  assert.doesNotThrow(() => new TopicRewriter([rule('subscribe', 'a', 'a', 'b/+')]))
  const many = Array.from({ length: REWRITE_RULES_MAX + 1 }, () => good)
  assert.throws(() => new TopicRewriter(many), /31 rewrite rules/u)
})

// With the engine of JavaScript this would take hours: the test would not end.
test('no topic takes long, whatever the pattern', () => {
  const topic = `a/${'b/'.repeat(250)}`
  for (const pattern of ['^(a|b|/)+x$', '(.+)/(.+)/(.+)/(.+)/(.+)/(.+)x$', '((b/)+)+x$']) {
    const rewriter = new TopicRewriter([rule('all', '#', pattern, 'y')])
    assert.equal(rewriter.rewriteTopic(topic, CLIENT), topic, pattern)
  }
})

test('what is remembered of a topic holds for other clients, and for many topics', () => {
  const rewriter = new TopicRewriter([
    rule('all', 'own/#', '^own/(.+)$', '${clientid}/$1'),
    rule('all', 'x/#', '^x/(.+)$', 'y/$1'),
  ])
  for (let round = 0; round < 2; round++) {
    for (const clientId of ['c1', 'c2']) {
      assert.equal(rewriter.rewriteTopic('own/t', { ...CLIENT, clientId }), `${clientId}/t`)
    }
    for (let topic = 0; topic < 3_000; topic++) {
      assert.equal(rewriter.rewriteTopic(`x/${topic}`, CLIENT), `y/${topic}`)
    }
  }
})
