import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compileMountpoint,
  mountFilter,
  mountTopic,
  renderMountpoint,
  unmountFilter,
  unmountTopic,
} from './mountpoint.ts'

test('a mountpoint is filled in for each client', () => {
  const mountpoint = compileMountpoint('tenant/${username}/${clientid}/')
  const client = { clientId: 'c1', username: 'ada' }
  assert.equal(renderMountpoint(mountpoint, client), 'tenant/ada/c1/')
  assert.equal(renderMountpoint(compileMountpoint(''), client), '')
})

test('a client whose name would leave its own space gets no mountpoint', () => {
  const mountpoint = compileMountpoint('tenant/${username}/')
  for (const username of [undefined, '+', 'a/#']) {
    assert.equal(renderMountpoint(mountpoint, { clientId: 'c1', username }), undefined)
  }
  assert.throws(() => compileMountpoint('a/+/'), /no wildcards/u)
  assert.throws(() => compileMountpoint('a/${host}/'), /unknown placeholder \$\{host\}/u)
})

test('it is added to topics and filters behind special prefixes, and stripped again', () => {
  assert.equal(mountTopic('m/', 'a/b'), 'm/a/b')
  assert.equal(mountTopic('m/', '$delayed/5/a'), '$delayed/5/m/a')
  assert.equal(mountTopic('', 'a'), 'a')
  const pairs: readonly (readonly [plain: string, mounted: string])[] = [
    ['a/#', 'm/a/#'],
    ['#', 'm/#'],
    ['$SYS/#', 'm/$SYS/#'],
    ['$share/g/a', '$share/g/m/a'],
    ['$queue/a', '$queue/m/a'],
    ['$exclusive/a', '$exclusive/m/a'],
  ]
  for (const [plain, mounted] of pairs) {
    assert.equal(mountFilter('m/', plain), mounted)
    assert.equal(unmountFilter('m/', mounted), plain)
    assert.equal(mountFilter('', plain), plain)
    assert.equal(unmountFilter('', plain), plain)
  }
  assert.equal(unmountTopic('m/', 'm/a/b'), 'a/b')
  assert.equal(unmountTopic('m/', 'other'), 'other')
})

test('a malformed special filter stays one behind a mountpoint [MQTT-4.8.2-1]', () => {
  for (const filter of ['$share/g', '$share//a', '$share/+/a', '$share/g/$queue/a']) {
    assert.equal(mountFilter('m/', filter), filter)
  }
})
