import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileTopicTemplate, renderTopicTemplate } from './template.ts'

test('placeholders are filled in wherever they stand', () => {
  const template = compileTopicTemplate('${clientid}x${clientid}${port}', ['clientid', 'port'])
  const values = { clientId: 'c', username: undefined, port: 1 }
  assert.equal(renderTopicTemplate(template, values), 'cxc1')
  const constant = compileTopicTemplate('a/$b/{c}', ['clientid'])
  assert.equal(renderTopicTemplate(constant, values), 'a/$b/{c}')
})

test('a missing value and one with a wildcard give no topic', () => {
  const template = compileTopicTemplate('a/${host}', ['host'])
  assert.equal(renderTopicTemplate(template, { clientId: 'c', username: 'u' }), undefined)
  const unsafe = { clientId: 'c', username: 'u', host: '#' }
  assert.equal(renderTopicTemplate(template, unsafe), undefined)
})

test('a placeholder that may not stand there is named with those that may', () => {
  assert.throws(() => compileTopicTemplate('${host}', ['clientid', 'username']), {
    message: 'unknown placeholder ${host} in "${host}"; there are ${clientid}, ${username}',
  })
})
