import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** Cost of one password: about 40 ms of one core and 16 MiB. */
const COST = { N: 16_384, r: 8, p: 1 }
const KEY_BYTES = 32
const SALT_BYTES = 16

const LENGTH_MIN = 8
const LENGTH_MAX = 64

/** What is stored of passwords, and may come back with a backup: `keepDigest` has the last part. */
export const STORED_PASSWORD = /^scrypt\$\d+\$\d+\$\d+\$[\w-]+\$[\w-]+(?:\$[\w-]+)?$/

/** The stored form of a password: `scrypt$N$r$p$salt$key`. */
export function hashPassword(password: string): Promise<string> {
  return keep(password)
}

/**
 * The stored form of a password of which only SHA-256 of salt and password is known, as EMQX keeps
 * them: `scrypt$N$r$p$salt$key$digest-salt`, no weaker than that of a password.
 */
export async function keepDigest(salt: Buffer, digest: Buffer): Promise<string> {
  return `${await keep(digest)}$${salt.toString('base64url')}`
}

/** Whether the password is the one that was stored. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [kind, N, r, p, salt = '', key = '', digestSalt] = stored.split('$')
  if (kind !== 'scrypt') return false
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const expected = Buffer.from(key, 'base64url')
  const secret =
    digestSalt === undefined ? password : digestOf(password, Buffer.from(digestSalt, 'base64url'))
  const derived = await derive(secret, Buffer.from(salt, 'base64url'), cost)
  return derived.length === expected.length && timingSafeEqual(derived, expected)
}

/** What is wrong with a new password, as a whole sentence; undefined = nothing. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < LENGTH_MIN || password.length > LENGTH_MAX) {
    return `The password must have ${LENGTH_MIN} to ${LENGTH_MAX} characters.`
  }
  if (!/^[\x21-\x7e]+$/.test(password)) {
    return 'The password may have letters, digits and special characters of ASCII only, no spaces.'
  }
  const kinds = [/[A-Za-z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(password))
  if (kinds.length >= 2) return undefined
  return 'The password must have at least two kinds of letters, digits and special characters.'
}

async function keep(secret: string | Buffer): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(secret, salt, COST)
  const { N, r, p } = COST
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** What EMQX keeps of a password: SHA-256 of salt and password. */
export function digestOf(password: string, salt: Buffer): Buffer {
  return createHash('sha256').update(salt).update(password).digest()
}

function derive(
  password: string | Buffer,
  salt: Buffer,
  cost: { readonly N: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, cost, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
