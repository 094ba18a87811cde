/** Topics with a meaning for the broker, used with the clients of Mosquitto. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsMosquittoClients } from './foreign.ts'
import { messages, Mosquitto } from './mosquitto.ts'

const CONFIG = `
  sys_topics.sys_event_messages { client_subscribed = true, client_unsubscribed = true }
  sys_topics { sys_msg_interval = 1s, sys_heartbeat_interval = 1s }
  auto_subscribe.topics = [{ topic = "inbox/\${clientid}", qos = 1 }]
  rewrite = [
    { action = all, source_topic = "old/#", re = "^old/(.+)$", dest_topic = "new/$1" }
    {
      action = publish, source_topic = "later/#"
      re = "^later/(.+)$", dest_topic = "$delayed/1/$1"
    }
  ]
`

describe('special topics with mosquitto clients', needsMosquittoClients(), () => {
  let broker: BrokerProcess
  let mosquitto: Mosquitto
  let v5: Mosquitto
  before(async () => {
    broker = await BrokerProcess.start(CONFIG)
    mosquitto = new Mosquitto(broker)
    v5 = new Mosquitto(broker, 'tcp:default', '-V mqttv5')
  })
  after(() => broker.remove())

  for (const [prefix, topic] of [
    ['$share/group/', 'jobs/share'],
    ['$queue/', 'jobs/queue'],
  ]) {
    test(`two members of ${prefix} share the messages, each goes to one of them`, async () => {
      const options = `-q 1 -F '=> %p'`
      const all = await mosquitto.subscribe(`-t ${topic} ${options}`)
      const members = [
        await mosquitto.subscribe(`-t ${prefix}${topic} ${options}`),
        await v5.subscribe(`-t ${prefix}${topic} ${options}`),
      ]
      const jobs = Array.from({ length: 100 }, (_, index) => `job ${index}`)
      await mosquitto.publish(`-t ${topic} -q 1 -l`, jobs.join('\n'))
      assert.deepEqual(await messages(all, 100), jobs)
      const done = await Promise.all(members.map((member) => messages(member, 50)))
      assert.deepEqual(done.flat().toSorted(), jobs.toSorted())
      for (const member of members) await member.kill()
    })
  }

  test('work for a member that is killed goes to the one that stays', async () => {
    const options = `-t $share/crew/work -q 1 -F '=> %p'`
    const victim = await mosquitto.subscribe(options)
    const stayer = await mosquitto.subscribe(options)
    await victim.kill('SIGKILL')
    const jobs = Array.from({ length: 20 }, (_, index) => `job ${index}`)
    await mosquitto.publish('-t work -q 1 -l', jobs.join('\n'))
    await stayer.line(/^=> job 19$/)
    await stayer.kill()
  })

  test('a delayed message comes after its time under its plain topic', async () => {
    const subscriber = await mosquitto.subscribe('-t alarm/# -C 2')
    const sentMs = performance.now()
    await mosquitto.publish(`-t $delayed/2/alarm/late -q 1 -m 'wake up'`)
    await mosquitto.publish(`-t alarm/now -q 1 -m 'at once'`)
    assert.deepEqual(await messages(subscriber, 2), ['alarm/now at once', 'alarm/late wake up'])
    assert.ok(performance.now() - sentMs > 1900, 'the message came too early')
  })

  test('an exclusive topic is granted to one client at a time', async () => {
    const options = '-t $exclusive/desk/1 -q 1'
    const owner = await v5.subscribe(options)
    const second = v5.subscriber(options)
    await second.line(/^Subscribed \(mid: \d+\): 151$/)
    await second.kill()
    await v5.publish(`-t desk/1 -q 1 -m 'for the owner'`)
    assert.deepEqual(await messages(owner, 1), ['desk/1 for the owner'])
    await owner.kill('SIGTERM')
    const next = await v5.subscribe(options)
    assert.match(await next.line(/^Subscribed/), /: 1$/)
    await next.kill()
  })

  test('a topic is rewritten for publishers and subscribers, also into a delayed one', async () => {
    const old = await mosquitto.subscribe('-t old/device -C 1')
    const renamed = await mosquitto.subscribe('-t new/device -t bell -C 2')
    await mosquitto.publish('-t old/device -q 1 -m x')
    await mosquitto.publish('-t later/bell -q 1 -m ring')
    assert.deepEqual(await messages(old, 1), ['new/device x'])
    assert.deepEqual(await messages(renamed, 2), ['new/device x', 'bell ring'])
  })

  test('the broker subscribes clients to what the configuration says', async () => {
    const device = await mosquitto.subscribe('-i device-7 -t unrelated -C 1')
    await mosquitto.publish('-t inbox/device-7 -q 1 -m hello')
    assert.deepEqual(await messages(device, 1), ['inbox/device-7 hello'])
  })

  test('$SYS tells who comes and goes', async () => {
    const watcher = await mosquitto.subscribe('-t $SYS/brokers/+/clients/#')
    const guest = await mosquitto.subscribe('-i guest -t anything')
    await guest.kill('SIGKILL')
    for (const event of ['connected', 'subscribed', 'disconnected']) {
      const line = await watcher.line(new RegExp(`clients/guest/${event} `))
      const facts = JSON.parse(line.slice(line.indexOf('{'))) as { clientid: string }
      assert.equal(facts.clientid, 'guest')
    }
    await watcher.kill()
  })

  test('$SYS tells about the node', async () => {
    const watcher = await mosquitto.subscribe('-t $SYS/brokers -t $SYS/brokers/#')
    assert.equal(await watcher.line(/^=> \$SYS\/brokers /), '=> $SYS/brokers tideway@127.0.0.1')
    for (const name of ['version', 'sysdescr', 'uptime', 'datetime', 'stats/connections/count']) {
      await watcher.line(new RegExp(`^=> \\$SYS/brokers/tideway@127\\.0\\.0\\.1/${name} .+`))
    }
    await watcher.kill()
  })

  test('a filter of # does not show topics that begin with $', async () => {
    const curious = await mosquitto.subscribe('-t #')
    const explicit = await mosquitto.subscribe('-t $SYS/#')
    await explicit.line(/^=> \$SYS\/.*uptime/)
    await mosquitto.publish('-t last -m x')
    await curious.line(/^=> last x/)
    assert.deepEqual(
      curious.lines.filter((line) => line.startsWith('=> $')),
      [],
    )
    await curious.kill()
    await explicit.kill()
  })
})
