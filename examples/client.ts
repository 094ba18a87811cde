/** What all examples need: the address of the broker, a connection, the next messages. */
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'

/** Address of the broker: the first argument, or the broker of this host. */
export const brokerUrl: string = process.argv[2] ?? 'mqtt://localhost:1883'

const WAIT_MS = 20_000

/** A message as an example sees it. */
export interface Message {
  readonly topic: string
  readonly text: string
  readonly packet: IPublishPacket
}

/** A connection that keeps the messages it gets until they are asked for. */
export class Client {
  readonly mqtt: MqttClient
  readonly #waiting: Message[] = []
  #arrived: () => void = () => {}

  private constructor(client: MqttClient) {
    this.mqtt = client
    client.on('message', (topic, payload, packet) => {
      this.#waiting.push({ topic, text: payload.toString(), packet })
      this.#arrived()
    })
  }

  /** Connects with MQTT 5. Listens first: a kept session sends its messages at once. */
  static async connect(name: string, options: IClientOptions = {}): Promise<Client> {
    const clientId = `${name}-${process.pid}`
    const connection = mqtt.connect(brokerUrl, { protocolVersion: 5, clientId, ...options })
    const client = new Client(connection)
    await new Promise<void>((resolve, reject) => {
      connection.once('connect', () => resolve())
      connection.once('error', reject)
    })
    return client
  }

  /** The next message, when it is there. */
  async next(): Promise<Message> {
    const message = this.#waiting.shift()
    if (message !== undefined) return message
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no message came')), WAIT_MS)
      this.#arrived = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    return this.next()
  }

  /** Texts of the next `count` messages. */
  async texts(count: number): Promise<readonly string[]> {
    const texts: string[] = []
    while (texts.length < count) texts.push((await this.next()).text)
    return texts
  }

  /** Disconnects in order. */
  async end(): Promise<void> {
    await this.mqtt.endAsync()
  }

  /** Breaks the connection as a crash or a lost network would. */
  break(): void {
    this.mqtt.options.reconnectPeriod = 0
    this.mqtt.stream.destroy()
  }
}
