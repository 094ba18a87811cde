import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { readTestConfig, startBroker, type TestBroker } from '#app/start-broker.ts'

/** How a client learnt that it may not: the code of an answer, or 0 when it may. */
export type Code = number

/** A broker for one test, and stock clients of it. All is gone when the test ends. */
export class AccessRig {
  readonly folder: string
  broker: TestBroker
  readonly #restart: () => Promise<TestBroker>
  readonly #clients: MqttClient[] = []

  private constructor(broker: TestBroker, folder: string, restart: () => Promise<TestBroker>) {
    this.broker = broker
    this.folder = folder
    this.#restart = restart
  }

  /** @param files written beside the configuration, which names them as `@/name` */
  static async start(
    context: TestContext,
    shards: number,
    config: string,
    files: Readonly<Record<string, string>> = {},
  ): Promise<AccessRig> {
    const folder = mkdtempSync(join(tmpdir(), 'tideway-access-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const text = config.replaceAll('@/', `${folder}/`)
    const threads = shards === 1 ? 'inline' : 'workers'
    const dataDir = join(folder, 'data')
    const start = () => startBroker({ shards, threads, config: text, dataDir })
    const rig = new AccessRig(await start(), folder, start)
    context.after(() => rig.#stop())
    return rig
  }

  /** Connects a client of MQTT 5, or of what the options say. */
  async connect(options: IClientOptions = {}, listener = 'tcp:default'): Promise<MqttClient> {
    const client = await connectAsync(`mqtt://127.0.0.1:${this.broker.port(listener)}`, {
      protocolVersion: 5,
      reconnectPeriod: 0,
      ...options,
    })
    client.on('error', () => {})
    this.#clients.push(client)
    return client
  }

  /** The code of CONNACK for a client that is not let in; 0 when it is. */
  async connectCode(options: IClientOptions = {}, listener = 'tcp:default'): Promise<Code> {
    try {
      await this.connect(options, listener)
      return 0
    } catch (error) {
      return codeOf(error)
    }
  }

  /** Has the running broker obey another configuration. */
  async configure(config: string): Promise<void> {
    const text = config.replaceAll('@/', `${this.folder}/`)
    const shards = this.broker.node.shardCount
    await this.broker.node.configure(readTestConfig({ config: text, shards }, this.broker.dataDir))
  }

  /** Stops the broker and starts it again over the same data. */
  async restart(): Promise<void> {
    await this.broker.stop()
    this.broker = await this.#restart()
  }

  async #stop(): Promise<void> {
    for (const client of this.#clients) await client.endAsync(true)
    await this.broker.stop()
    rmSync(this.folder, { recursive: true, force: true })
    if (this.broker.failure !== undefined) throw new Error(this.broker.failure)
  }
}

/** The code of PUBACK or PUBREC; 0 when the message was taken. */
export async function publishCode(
  client: MqttClient,
  topic: string,
  qos: 1 | 2 = 1,
  retain = false,
): Promise<Code> {
  try {
    const packet = await client.publishAsync(topic, 'm', { qos, retain })
    const reason = (packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0
    return reason === NO_MATCHING_SUBSCRIBERS ? 0 : reason
  } catch (error) {
    return codeOf(error)
  }
}

const NO_MATCHING_SUBSCRIBERS = 0x10

/** The codes of SUBACK: the QoS that was granted, or why not. */
export function subscribeCodes(
  client: MqttClient,
  filters: string | string[],
  qos: 0 | 1 | 2 = 0,
): Promise<readonly Code[]> {
  return new Promise((resolve) => {
    client.once('packetreceive', function listen(packet) {
      if (packet.cmd === 'suback') resolve(packet.granted as number[])
      else client.once('packetreceive', listen)
    })
    client.subscribe(filters, { qos }, () => {}) // A refusal is an error to the library.
  })
}

/** The code of the DISCONNECT with which the server ends the connection. */
export function disconnectCode(client: MqttClient): Promise<Code> {
  return new Promise((resolve) => {
    client.once('disconnect', (packet) => resolve(packet.reasonCode ?? 0))
    client.once('close', () => resolve(-1))
  })
}

function codeOf(error: unknown): Code {
  const { code } = error as { code?: unknown }
  return typeof code === 'number' ? code : -1
}
