import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const ITERATIONS = 4096

/** The side of a server in a SCRAM login (RFC 5802); one user with one password. */
export class ScramServer {
  readonly #hash: string
  readonly #login: { readonly username: string; readonly password: string }
  #clientFirst = ''
  #serverFirst = ''

  /** @param hash `sha256` or `sha512` */
  constructor(hash: string, login: { readonly username: string; readonly password: string }) {
    this.#hash = hash
    this.#login = login
  }

  /** The first answer. */
  first(message: string): string {
    this.#clientFirst = message.replace(/^n,,/, '')
    const nonce = field(message, 'r') + randomBytes(12).toString('base64')
    const salt = createHash('sha256').update(this.#login.username).digest('base64')
    this.#serverFirst = `r=${nonce},s=${salt},i=${ITERATIONS}`
    return this.#serverFirst
  }

  /** The last answer; undefined: user or password are wrong. */
  final(message: string): string | undefined {
    const { username, password } = this.#login
    const salt = Buffer.from(field(this.#serverFirst, 's'), 'base64')
    const bytes = createHash(this.#hash).digest().length
    const salted = pbkdf2Sync(password, salt, ITERATIONS, bytes, this.#hash)
    const withoutProof = message.slice(0, message.lastIndexOf(',p='))
    const signed = `${this.#clientFirst},${this.#serverFirst},${withoutProof}`
    const clientKey = this.#hmac(salted, 'Client Key')
    const stored = createHash(this.#hash).update(clientKey).digest()
    const signature = this.#hmac(stored, signed)
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
    if (field(message, 'p') !== proof.toString('base64')) return undefined
    if (!this.#clientFirst.includes(`n=${username},`)) return undefined
    return `v=${this.#hmac(this.#hmac(salted, 'Server Key'), signed).toString('base64')}`
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }
}

function field(message: string, name: string): string {
  return new RegExp(`(?:^|,)${name}=([^,]*)`).exec(message)?.[1] ?? ''
}
