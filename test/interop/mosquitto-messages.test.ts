/** What the clients of Mosquitto can ask for with a message: retain, will, properties of 5.0. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsMosquittoClients } from './foreign.ts'
import { messages, Mosquitto } from './mosquitto.ts'

describe('messages of mosquitto clients', needsMosquittoClients(), () => {
  let broker: BrokerProcess
  let mosquitto: Mosquitto
  let v5: Mosquitto
  before(async () => {
    broker = await BrokerProcess.start()
    mosquitto = new Mosquitto(broker)
    v5 = new Mosquitto(broker, 'tcp:default', '-V mqttv5')
  })
  after(() => broker.remove())

  /** What a new subscriber gets of `filter` until a message that marks the end. */
  async function retainedUnder(filter: string): Promise<readonly string[]> {
    const format = `-F '=> %t %p retain=%r'`
    const subscriber = await mosquitto.subscribe(`-t ${filter} -t end/of/retained ${format}`)
    await mosquitto.publish('-t end/of/retained -m mark')
    await subscriber.line(/^=> end\/of\/retained/)
    await subscriber.kill()
    return subscriber.lines
      .filter((line) => line.startsWith('=> ') && !line.includes('end/of/retained'))
      .map((line) => line.slice('=> '.length))
  }

  test('a retained message is given to who comes later, replaced, and cleared', async () => {
    await mosquitto.publish('-t retained/door -r -m open -q 1')
    assert.deepEqual(await retainedUnder('retained/#'), ['retained/door open retain=1'])
    await mosquitto.publish('-t retained/door -r -m shut -q 2')
    await mosquitto.publish(`-t retained/door -m 'not kept' -q 1`)
    assert.deepEqual(await retainedUnder('retained/+'), ['retained/door shut retain=1'])
    await mosquitto.publish('-t retained/door -r -n -q 1')
    assert.deepEqual(await retainedUnder('retained/#'), [])
  })

  test('mosquitto_sub removes retained messages', async () => {
    for (const name of ['a', 'b']) await mosquitto.publish(`-t remove/${name} -r -m x -q 1`)
    const remover = await mosquitto.subscribe('-t remove/# --remove-retained -q 1')
    await remover.matches(/received PUBACK/, 2)
    await remover.kill()
    assert.deepEqual(await retainedUnder('remove/#'), [])
  })

  test('the will of a client that is killed is sent, that of one that leaves is not', async () => {
    const watcher = await mosquitto.subscribe('-t wills/# -q 1')
    const subscribeWithWill = (name: string, more: string) => {
      const will = `--will-topic wills/${name} --will-payload gone --will-qos 1`
      return mosquitto.subscribe(`-t elsewhere -i ${name} ${will} ${more}`)
    }
    const leaver = await subscribeWithWill('leaver', '')
    await leaver.kill('SIGTERM') // It disconnects.
    const victim = await subscribeWithWill('victim', '--will-retain')
    await victim.kill('SIGKILL')
    assert.deepEqual(await messages(watcher, 1), ['wills/victim gone'])
    assert.deepEqual(await retainedUnder('wills/#'), ['wills/victim gone retain=1'])
  })

  test('a will waits for its delay, and is not sent when the client is back before', async () => {
    const watcher = await v5.subscribe('-t delayed-wills/#')
    const subscribe = (name: string, more: string) =>
      v5.subscribe(`-t elsewhere -i ${name} -c -x 60 ${more}`)
    const withWill = (name: string, delay: number) =>
      `--will-topic delayed-wills/${name} --will-payload gone -D will will-delay-interval ${delay}`
    const returning = await subscribe('returning', withWill('returning', 1))
    await returning.kill('SIGKILL')
    const back = await subscribe('returning', '')
    const lost = await subscribe('lost', withWill('lost', 2))
    await lost.kill('SIGKILL')
    assert.deepEqual(await messages(watcher, 1), ['delayed-wills/lost gone'])
    await back.kill()
  })

  test('properties of 5.0 go through: user properties, content type, answer topic', async () => {
    const subscriber = await v5.subscribe(`-t properties -C 1 -F '=> %P|%C|%R|%D|%p'`)
    const userProperties = ['A', 'B'].map((value) => `-D publish user-property region ${value}`)
    const request = '-D publish response-topic answers/here -D publish correlation-data 42'
    const type = '-D publish content-type text/plain'
    await v5.publish(`-t properties -m body ${type} ${request} ${userProperties.join(' ')}`)
    const expected = 'region:A region:B|text/plain|answers/here|42|body'
    assert.deepEqual(await messages(subscriber, 1), [expected])
  })

  test('a message whose time has passed is not delivered; others say what is left', async () => {
    await v5.leaveSession('expiring', 'expiry/#', '-x 60')
    for (const [name, seconds] of [
      ['short', 1],
      ['long', 600],
    ]) {
      const expiry = `-D publish message-expiry-interval ${seconds}`
      await v5.publish(`-t expiry/${name} -q 1 -m x ${expiry}`)
    }
    // Something else that takes longer than the short one has.
    const clock = await v5.subscribe('-t expiry-clock -C 1')
    await v5.publish('-t $delayed/2/expiry-clock -m now')
    await clock.succeeded()
    const back = v5.subscriber(`-i expiring -c -x 0 -q 1 -t expiry/# -C 1 -F '=> %t %E'`)
    const [line = ''] = await messages(back, 1)
    const [topic, secondsLeft] = line.split(' ')
    assert.equal(topic, 'expiry/long')
    assert.ok(Number(secondsLeft) > 500 && Number(secondsLeft) < 600, `${secondsLeft} s left`)
  })

  test('mosquitto_rr gets an answer to its request', async () => {
    const worker = await v5.subscribe(`-t requests -C 1 -F '=> %R'`)
    const request = v5.request(`-t requests -e answers/one -m 'how much?' -W 20`)
    assert.deepEqual(await messages(worker, 1), ['answers/one'])
    await v5.publish('-t answers/one -m nine -q 1')
    assert.ok((await request.succeeded()).includes('nine'))
  })

  test('the identifier of a subscription comes with its messages, retained ones too', async () => {
    await v5.publish('-t identifiers/kept -r -m before -q 1')
    const identifier = '-D subscribe subscription-identifier 7'
    const subscriber = await v5.subscribe(
      `-t identifiers/# ${identifier} -F '=> %p retain=%r id=%S'`,
    )
    await v5.publish('-t identifiers/kept -r -m after -q 1')
    const expected = ['before retain=1 id=7', 'after retain=0 id=7']
    assert.deepEqual(await messages(subscriber, 2), expected)
  })
})
