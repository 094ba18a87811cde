/** Programs as people write them with paho-mqtt: classes, callbacks, threads, early ends. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsPaho } from './foreign.ts'
import { python } from './paho.ts'

describe('programs with paho', needsPaho(), () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start()
  })
  after(() => broker.remove())

  test('a session keeps what a program sends that ends without waiting for answers', async () => {
    const first = python(broker, 'session_subscriber')
    await first.line(/^subscribed \(1,\)/)
    await first.kill()
    for (let round = 0; round < 5; round++) {
      await python(broker, 'session_publisher').succeeded()
    }
    await broker.kill()
    await broker.start()
    const second = python(broker, 'session_subscriber')
    // A program that ends with unread bytes resets its connection, and TCP may drop its last
    // messages; what arrived is there after the kill.
    const got = await second.matches(/^clean_session_false kept 0$/, 5)
    assert.equal(got.length, 5)
    await second.kill()
  })

  test('the first message of a late subscriber is retained, those after it are live', async () => {
    const publisher = python(broker, 'retained_publisher')
    await publisher.line(/^Connection Accepted/)
    // Other shards see a retained message when the disk has it, which may be slow.
    for (let isStored = false; !isStored;) {
      const early = python(broker, 'retained_subscriber')
      await early.matches(/^live value \d+$/, 2)
      await early.kill()
      isStored = early.lines.some((line) => line.startsWith('retained'))
    }
    const late = python(broker, 'retained_subscriber')
    await late.matches(/^live/, 2)
    await Promise.all([late.kill(), publisher.kill()])
    assert.equal(late.lines[0], 'Connection Accepted.')
    assert.match(late.lines[1] ?? '', /^retained value \d+$/)
    assert.match(late.lines[2] ?? '', /^live value \d+$/)
  })

  test('a will comes from who is killed or ends without a word, not from who leaves', async () => {
    const watcher = python(broker, 'will_subscriber')
    await watcher.line(/^subscribed/)
    await python(broker, 'will_publisher', ['leave']).succeeded()
    const victim = python(broker, 'will_publisher')
    await victim.line(/^connected 0/)
    await victim.kill('SIGKILL')
    await watcher.matches(/^last_will the will$/)
    await python(broker, 'will_publisher', ['exit']).succeeded()
    await watcher.matches(/^last_will the will$/, 2)
    await watcher.kill()
    const wills = watcher.lines.filter((line) => line.startsWith('last_will'))
    assert.equal(wills.length, 2)
  })

  test('members with names from the broker share a subscription', async () => {
    const members = [python(broker, 'shared_subscriber'), python(broker, 'shared_subscriber')]
    for (const member of members) await member.line(/^subscribed \[0\]/)
    await python(broker, 'shared_publisher').succeeded()
    const got = await Promise.all(members.map((member) => member.matches(/^topic part/, 20)))
    const expected = Array.from({ length: 40 }, (_, index) => `topic part ${index}`)
    assert.deepEqual(got.flat().toSorted(), expected.toSorted())
    for (const member of members) await member.kill()
  })

  test('a client hears itself through a wildcard', async () => {
    const program = python(broker, 'quick_test')
    await program.matches(/^devices\/device_001\/messages 30$/, 3)
    await program.kill()
  })

  test('subscribe options hold: no local, retain as published, retain handling 1', async () => {
    const publisher = python(broker, 'options_publisher', ['before'])
    await publisher.succeeded()
    const subscriber = python(broker, 'subscribe_options')
    await subscriber.matches(/^subscribed \[1\]/, 2)
    await python(broker, 'options_publisher', ['after']).succeeded()
    const got = await subscriber.matches(/^retain=/, 2)
    assert.deepEqual(got, ['retain=1 before [7]', 'retain=1 after [7]'])
    await subscriber.kill()
    assert.equal(subscriber.lines.filter((line) => line.startsWith('retain=')).length, 2)
  })

  test('user properties, content type and expiry come back as they were sent', async () => {
    const lines = await python(broker, 'user_properties').succeeded()
    assert.deepEqual(lines, [
      'connected 0 0',
      "[('region', 'A'), ('type', 'JSON')] application/json True",
    ])
  })

  test('the helpers for single messages work', async () => {
    assert.deepEqual(await python(broker, 'helpers').succeeded(), [
      'helpers/one first 1',
      'helpers/three third 1',
      'helpers/two second 1',
    ])
  })
})
