import { appendFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { Command } from 'commander'
import type { IPublishPacket, MqttClient } from 'mqtt'
import type { PayloadFormat } from '#kernel/payload-format.ts'
import { addConnectionOptions, connectClient, parseQos } from './connection-options.ts'
import type { ConnectionFlags } from './connection-options.ts'
import { collect, parseInteger } from './parse-option.ts'
import { showPayload } from './show-payload.ts'
import { formatOption, leave, whenRefused } from './pub-command.ts'

interface SubscribeFlags extends ConnectionFlags {
  readonly topic: readonly string[]
  readonly qos: 0 | 1 | 2
  readonly format: PayloadFormat
  readonly json?: boolean
  readonly verbose?: boolean
  readonly count?: number
  readonly wait?: number
  readonly retained: boolean
  readonly noLocal?: boolean
  readonly retainAsPublished?: boolean
  readonly save?: string
  readonly reply?: string
}

const COUNT_MAX = 1_000_000_000
const SECONDS_MAX = 86_400 * 365

/** `tideway sub`: shows what is published. */
export function makeSubCommand(): Command {
  const command = new Command('sub').description('Subscribe and show messages').helpOption('--help')
  return addConnectionOptions(command)
    .requiredOption('-t, --topic <filter>', 'topic filter, may be given several times', collect, [])
    .option('-q, --qos <n>', 'QoS', parseQos, 0)
    .addOption(formatOption('how payloads are shown'))
    .option('--json', 'each message as one line of JSON, with its properties')
    .option('-v, --verbose', 'time, QoS and properties of each message too')
    .option('-C, --count <n>', 'end after so many messages', parseInteger(1, COUNT_MAX))
    .option('-W, --wait <s>', 'end after so many seconds', parseInteger(1, SECONDS_MAX))
    .option('--no-retained', 'leave out messages that were retained before')
    .option('--no-local', 'leave out what this client publishes')
    .option('--retain-as-published', 'show the retain flag as it was published')
    .option('--save <file>', 'append payloads to a file, one on each line')
    .option('--reply <text>', 'answer requests (messages with a response topic) with this text')
    .action(run)
}

async function run(flags: SubscribeFlags): Promise<void> {
  const client = await connectClient(flags)
  const refused = whenRefused(client)
  try {
    const done = showMessages(client, flags)
    await Promise.race([subscribe(client, flags).then(() => done), refused])
  } finally {
    await leave(client)
  }
}

async function subscribe(client: MqttClient, flags: SubscribeFlags): Promise<void> {
  const { qos, noLocal, retainAsPublished, retained } = flags
  const options = {
    qos,
    ...(flags.mqttVersion === '5'
      ? { nl: noLocal === true, rap: retainAsPublished === true, rh: retained ? 0 : 2 }
      : {}),
  }
  const wanted = Object.fromEntries(flags.topic.map((filter) => [filter, options]))
  const granted = await client.subscribeAsync(wanted)
  const refused = granted.filter(({ qos: code }) => Number(code) >= 0x80)
  for (const { topic, qos: code } of refused) {
    console.error(`tideway: the broker refused ${topic}: 0x${Number(code).toString(16)}`)
  }
  if (refused.length === granted.length) throw new Error('nothing was subscribed to')
  if (flags.verbose === true) console.error(`subscribed to ${flags.topic.join(', ')}`)
}

/** Shows messages until there were enough, the time is over, or somebody presses Ctrl-C. */
async function showMessages(client: MqttClient, flags: SubscribeFlags): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = flags.count ?? Infinity
    client.on('message', (topic, payload, packet) => {
      if (left <= 0 || (!flags.retained && packet.retain)) return
      try {
        console.log(lineOf(topic, payload, packet, flags))
        if (flags.save !== undefined) {
          appendFileSync(flags.save, `${showPayload(payload, flags.format, false)}\n`)
        }
        reply(client, packet, flags)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
      left -= 1
      if (left === 0) resolve()
    })
    if (flags.wait !== undefined) setTimeout(resolve, flags.wait * 1000).unref()
    process.once('SIGINT', resolve).once('SIGTERM', resolve)
  })
}

function reply(client: MqttClient, packet: IPublishPacket, flags: SubscribeFlags): void {
  const { responseTopic, correlationData } = packet.properties ?? {}
  if (flags.reply === undefined || responseTopic === undefined) return
  const properties = correlationData === undefined ? {} : { correlationData }
  client.publish(responseTopic, flags.reply, { qos: flags.qos, properties })
}

function lineOf(
  topic: string,
  payload: Buffer,
  packet: IPublishPacket,
  { json, verbose, format }: SubscribeFlags,
): string {
  const { qos, retain, properties } = packet
  const time = new Date().toISOString()
  if (json === true) {
    const shown = showPayload(payload, format, false)
    return JSON.stringify({
      time,
      topic,
      qos,
      retain,
      payload: shown,
      properties: plain(properties),
    })
  }
  const head = styleText('cyan', topic)
  const text = showPayload(payload, format, true)
  if (verbose !== true) return `${head} ${text}`
  const facts = [time, `QoS ${qos}`, ...(retain ? ['retained'] : []), ...propertyTexts(properties)]
  return `${head} ${styleText('dim', facts.join(' · '))}\n${text}`
}

function plain(properties: IPublishPacket['properties']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, value]: [string, unknown]) => [
      name,
      Buffer.isBuffer(value) ? value.toString() : value,
    ]),
  )
}

function propertyTexts(properties: IPublishPacket['properties']): readonly string[] {
  return Object.entries(plain(properties)).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}
