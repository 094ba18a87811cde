/** The client side of SCRAM, for MQTT.js. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { IClientOptions, MqttClient } from 'mqtt'
import type { IAuthPacket } from 'mqtt-packet'

/** One conversation; a client that authenticates again begins another one. */
export class ScramClient {
  readonly #username: string
  readonly #password: string
  readonly #digest: 'sha256' | 'sha512'
  #bare = ''

  constructor(username: string, password: string, digest: 'sha256' | 'sha512' = 'sha256') {
    this.#username = username
    this.#password = password
    this.#digest = digest
  }

  get method(): string {
    return this.#digest === 'sha256' ? 'SCRAM-SHA-256' : 'SCRAM-SHA-512'
  }

  /** Options of the connection, with the first message. */
  get options(): IClientOptions {
    return { properties: { authenticationMethod: this.method, authenticationData: this.first() } }
  }

  first(): Buffer {
    this.#bare = `n=${this.#username},r=${randomBytes(12).toString('hex')}`
    return Buffer.from(`n,,${this.#bare}`)
  }

  /** Answers the questions of the broker. */
  answer(client: MqttClient): void {
    client.handleAuth = ({ reasonCode, properties }, callback) => {
      if (reasonCode !== 0x18) return callback()
      const question = Buffer.from(properties?.authenticationData ?? []).toString()
      callback(undefined, this.packet(0x18, this.final(question)))
    }
  }

  packet(reasonCode: number, authenticationData: Buffer): IAuthPacket {
    const properties = { authenticationMethod: this.method, authenticationData }
    return { cmd: 'auth', reasonCode, properties }
  }

  final(question: string): Buffer {
    const [, nonce = '', salt = '', rounds = ''] =
      /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(question) ?? []
    const digest = this.#digest
    const lengthBytes = digest === 'sha256' ? 32 : 64
    const saltBytes = Buffer.from(salt, 'base64')
    const salted = pbkdf2Sync(this.#password, saltBytes, Number(rounds), lengthBytes, digest)
    const clientKey = createHmac(digest, salted).update('Client Key').digest()
    const storedKey = createHash(digest).update(clientKey).digest()
    const withoutProof = `c=biws,r=${nonce}`
    const message = `${this.#bare},${question},${withoutProof}`
    const signature = createHmac(digest, storedKey).update(message).digest()
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)))
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
  }
}
