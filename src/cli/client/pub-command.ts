import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { Command, Option } from 'commander'
import type { IClientPublishOptions, MqttClient } from 'mqtt'
import { PAYLOAD_FORMATS, type PayloadFormat, readPayload } from '#kernel/payload-format.ts'
import { addConnectionOptions, connectClient, parseQos } from './connection-options.ts'
import type { ConnectionFlags } from './connection-options.ts'
import { parseInteger, parsePair, userProperties } from './parse-option.ts'
import { showPayload } from './show-payload.ts'

interface PublishFlags extends ConnectionFlags {
  readonly topic: string
  readonly message?: string
  readonly file?: string
  readonly stdin?: boolean
  readonly lines?: boolean
  readonly qos: 0 | 1 | 2
  readonly retain?: boolean
  readonly format: PayloadFormat
  readonly count: number
  readonly interval: number
  readonly property: Readonly<Record<string, string>>
  readonly contentType?: string
  readonly responseTopic?: string
  readonly correlationData?: string
  readonly expiry?: number
  readonly utf8?: boolean
  readonly request?: boolean
  readonly timeout: number
}

const COUNT_MAX = 1_000_000_000
const INTERVAL_MS_MAX = 86_400_000
const TIMEOUT_SECONDS_MAX = 86_400
const EXPIRY_SECONDS_MAX = 0xffff_ffff

/** `tideway pub`: publishes from the command line. */
export function makePubCommand(): Command {
  const command = new Command('pub').description('Publish messages').helpOption('--help')
  return addConnectionOptions(command)
    .requiredOption('-t, --topic <topic>', 'topic')
    .option('-m, --message <text>', 'payload')
    .option('-f, --file <file>', 'payload from a file')
    .option('-s, --stdin', 'payload from the standard input, all of it')
    .option('-l, --lines', 'each line of the standard input is a message')
    .option('-q, --qos <n>', 'QoS', parseQos, 0)
    .option('-r, --retain', 'retained')
    .addOption(formatOption('how the payload is written'))
    .option('-n, --count <n>', 'publish it so many times', parseInteger(1, COUNT_MAX), 1)
    .option('-I, --interval <ms>', 'time between messages', parseInteger(0, INTERVAL_MS_MAX), 0)
    .option('--property <key=value>', 'user property', parsePair, {})
    .option('--content-type <type>', 'content type')
    .option('--response-topic <topic>', 'where an answer is expected')
    .option('--correlation-data <text>', 'correlation data')
    .option('--expiry <s>', 'message expiry interval', parseInteger(0, EXPIRY_SECONDS_MAX))
    .option('--utf8', 'the payload is declared to be UTF-8 text')
    .option('--request', 'wait for the answer and print it')
    .option('--timeout <s>', 'how long to wait for it', parseInteger(1, TIMEOUT_SECONDS_MAX), 30)
    .action(run)
}

/** `--format` of both commands. */
export function formatOption(text: string): Option {
  return new Option('--format <format>', text).choices(PAYLOAD_FORMATS).default('text')
}

async function run(flags: PublishFlags): Promise<void> {
  checkFlags(flags)
  const client = await connectClient(flags)
  const closed = whenRefused(client)
  try {
    await Promise.race([
      flags.request === true ? ask(client, flags) : publishAll(client, flags),
      closed,
    ])
  } finally {
    await leave(client)
  }
}

function checkFlags({ message, file, stdin, lines, request, mqttVersion }: PublishFlags): void {
  const sources = [message, file, stdin, lines].filter((one) => one !== undefined).length
  if (sources > 1) throw new Error('give one of --message, --file, --stdin and --lines')
  if (request === true && mqttVersion !== '5') throw new Error('--request needs MQTT 5')
  if (request === true && lines === true) throw new Error('--request takes one message')
}

/** The broker's DISCONNECT, and a connection that breaks, end the command with a reason. */
export async function whenRefused(client: MqttClient): Promise<never> {
  return new Promise((_, reject) => {
    client.on('disconnect', ({ reasonCode = 0, properties }) => {
      const code = `0x${reasonCode.toString(16)}`
      reject(new Error(`the broker closed: ${code} ${properties?.reasonString ?? ''}`.trim()))
    })
    client.on('error', reject)
    client.on('close', () => reject(new Error('the connection was closed')))
  })
}

/** Sends DISCONNECT, unless the connection is gone or goes meanwhile. */
export async function leave(client: MqttClient): Promise<void> {
  if (!client.connected) return
  await new Promise<void>((resolve) => {
    client.once('close', resolve).end(false, {}, () => resolve())
  })
}

async function publishAll(client: MqttClient, flags: PublishFlags): Promise<void> {
  for (let number = 0; number < flags.count; number++) {
    for await (const payload of payloads(flags)) {
      await publish(client, flags, payload)
      if (flags.interval > 0) await pause(flags.interval)
    }
  }
}

async function* payloads(flags: PublishFlags): AsyncGenerator<Buffer> {
  const { message, file, stdin, lines, format } = flags
  if (lines === true) {
    const input = createInterface({ input: createReadStream('', { fd: 0 }) })
    for await (const line of input) yield Buffer.from(readPayload(line, format))
  } else if (file !== undefined) yield readFileSync(file)
  else if (stdin === true) yield await buffer(process.stdin)
  else yield Buffer.from(readPayload(message ?? '', format))
}

async function publish(client: MqttClient, flags: PublishFlags, payload: Buffer): Promise<void> {
  const answer = await client.publishAsync(flags.topic, payload, publishOptions(flags))
  const code = answer !== undefined && 'reasonCode' in answer ? (answer.reasonCode ?? 0) : 0
  if (code >= 0x80) throw new Error(`the broker refused the message: 0x${code.toString(16)}`)
}

function publishOptions(flags: PublishFlags): IClientPublishOptions {
  const { qos, retain = false, mqttVersion } = flags
  if (mqttVersion !== '5') return { qos, retain }
  const { contentType, responseTopic, correlationData, expiry, utf8 } = flags
  return {
    qos,
    retain,
    properties: {
      ...userProperties(flags.property),
      ...(contentType === undefined ? {} : { contentType }),
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlationData === undefined ? {} : { correlationData: Buffer.from(correlationData) }),
      ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
      ...(utf8 === true ? { payloadFormatIndicator: true } : {}),
    },
  }
}

/** Publishes a request and prints the first answer (MQTT 5 §4.10). */
async function ask(client: MqttClient, flags: PublishFlags): Promise<void> {
  const responseTopic = flags.responseTopic ?? `answers/${crypto.randomUUID()}`
  const correlationData = flags.correlationData ?? crypto.randomUUID()
  await client.subscribeAsync(responseTopic, { qos: 1 })
  const answer = new Promise<Buffer>((resolve) => {
    client.on('message', (topic, payload, { properties }) => {
      const isOurs = properties?.correlationData?.toString() === correlationData
      if (topic === responseTopic && isOurs) resolve(payload)
    })
  })
  const [payload] = await Array.fromAsync(payloads(flags))
  await publish(client, { ...flags, responseTopic, correlationData }, payload ?? Buffer.alloc(0))
  const late = pause(flags.timeout * 1000, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${flags.timeout} s`)
  })
  console.log(showPayload(await Promise.race([answer, late]), flags.format, true))
}
