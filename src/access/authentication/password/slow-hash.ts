/**
 * Passwords by algorithms that take long on purpose. Everything here holds its thread for up to
 * seconds: for the hash thread only.
 */
import bcrypt from 'bcryptjs'
import { argon2Sync, pbkdf2Sync, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import type { StoredPassword } from '#plugin/define-authenticator.ts'
import type { SimpleAlgorithm } from './digest.ts'

/** An algorithm that takes long. */
export type SlowAlgorithm = Exclude<PasswordHashAlgorithm, SimpleAlgorithm>

type Pbkdf2 = Extract<SlowAlgorithm, { readonly name: 'pbkdf2' }>
type Scrypt = Extract<SlowAlgorithm, { readonly name: 'scrypt' }>
type Argon2 = Extract<SlowAlgorithm, { readonly memory: number }>

const SALT_BYTES = 16
/** Costs that a stored text may ask for; above, it would hold up everybody else. */
const STORED_MAX = {
  bcryptRounds: 15,
  argonMemoryKb: 262_144,
  argonPasses: 100,
  argonLanes: 16,
  scryptLogCost: 20,
  scryptBlock: 64,
  scryptLanes: 64,
} as const
const SCRYPT_MEMORY_BYTES_MAX = 1024 * 1024 * 1024
const DIGEST_BYTES = {
  md5: 16,
  ripemd160: 20,
  sha: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
} as const

/** A new password as it is stored. */
export function hashSlowly(algorithm: SlowAlgorithm, password: Uint8Array): StoredPassword {
  if (algorithm.name === 'bcrypt') {
    const hash = bcrypt.hashSync(text(password), algorithm.salt_rounds)
    // As EMQX does, the part in front of the digest stands in the column of the salt as well.
    return { hash, salt: hash.slice(0, 29) }
  }
  if (algorithm.name === 'pbkdf2') {
    const salt = randomBytes(SALT_BYTES).toString('hex')
    return { hash: derive(algorithm, password, Buffer.from(salt)).toString('hex'), salt }
  }
  const salt = randomBytes(SALT_BYTES)
  if (algorithm.name === 'scrypt') return { hash: scryptText(algorithm, password, salt), salt: '' }
  return { hash: argonText(algorithm, password, salt), salt: '' }
}

/**
 * Compares a password with a stored one, in constant time.
 * @param stored undefined: spends the time that a comparison takes, and says no
 */
export function matchesSlowly(
  algorithm: SlowAlgorithm,
  password: Uint8Array,
  stored: StoredPassword | undefined,
): boolean {
  if (stored === undefined) {
    hashSlowly(algorithm, password)
    return false
  }
  const { hash, salt } = stored
  if (hash.startsWith('$2')) return matchesBcrypt(password, hash)
  if (hash.startsWith('$argon2')) return matchesArgon(password, hash)
  if (hash.startsWith('$scrypt$')) return matchesScrypt(password, hash)
  const expected = Buffer.from(hash, 'hex')
  const saltBytes = Buffer.from(salt, 'utf8')
  if (expected.length === 0) return false
  if (algorithm.name === 'pbkdf2') return isSame(derive(algorithm, password, saltBytes), expected)
  if (algorithm.name === 'scrypt') {
    return isSame(scrypt(algorithm, password, saltBytes, expected.length), expected)
  }
  if (algorithm.name === 'bcrypt') return false
  return isSame(argon(algorithm, password, saltBytes, expected.length), expected)
}

function text(password: Uint8Array): string {
  return Buffer.from(password).toString('utf8')
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function matchesBcrypt(password: Uint8Array, hash: string): boolean {
  const rounds = Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1] ?? Infinity)
  return rounds <= STORED_MAX.bcryptRounds && bcrypt.compareSync(text(password), hash)
}

function derive(algorithm: Pbkdf2, password: Uint8Array, salt: Uint8Array): Buffer {
  const { mac_fun: digest, iterations, dk_length: length = DIGEST_BYTES[digest] } = algorithm
  return pbkdf2Sync(password, salt, iterations, length, digest === 'sha' ? 'sha1' : digest)
}

function scrypt(
  { cost, block_size: blockSize, parallelization }: Omit<Scrypt, 'name' | 'dk_length'>,
  password: Uint8Array,
  salt: Uint8Array,
  lengthBytes: number,
): Buffer {
  const options = { cost, blockSize, parallelization, maxmem: SCRYPT_MEMORY_BYTES_MAX }
  return scryptSync(password, salt, lengthBytes, options)
}

function argon(
  algorithm: Omit<Argon2, 'dk_length'>,
  password: Uint8Array,
  nonce: Uint8Array,
  tagLength: number,
): Buffer {
  const { name, memory, iterations: passes, parallelism } = algorithm
  return argon2Sync(name, { message: password, nonce, parallelism, tagLength, memory, passes })
}

function scryptText(algorithm: Scrypt, password: Uint8Array, salt: Buffer): string {
  const { cost, block_size: r, parallelization: p, dk_length: length } = algorithm
  const key = scrypt(algorithm, password, salt, length)
  return `$scrypt$ln=${Math.log2(cost)},r=${r},p=${p}$${unpadded(salt)}$${unpadded(key)}`
}

function argonText(algorithm: Argon2, password: Uint8Array, salt: Buffer): string {
  const { name, memory, iterations, parallelism, dk_length: length } = algorithm
  const key = argon(algorithm, password, salt, length)
  const costs = `m=${memory},t=${iterations},p=${parallelism}`
  return `$${name}$v=19$${costs}$${unpadded(salt)}$${unpadded(key)}`
}

/** Base64 as the PHC string format wants it. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}

const ARGON = /^\$(argon2(?:id|i|d))\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/

function matchesArgon(password: Uint8Array, hash: string): boolean {
  const [, name, m, t, p, salt = '', key = ''] = ARGON.exec(hash) ?? []
  if (name !== 'argon2id' && name !== 'argon2i' && name !== 'argon2d') return false
  const [memory, iterations, parallelism] = [Number(m), Number(t), Number(p)]
  const isBearable =
    memory <= STORED_MAX.argonMemoryKb &&
    iterations <= STORED_MAX.argonPasses &&
    parallelism <= STORED_MAX.argonLanes
  if (!isBearable) return false
  const expected = Buffer.from(key, 'base64')
  const costs = { name, memory, iterations, parallelism } as const
  return isSame(argon(costs, password, Buffer.from(salt, 'base64'), expected.length), expected)
}

const SCRYPT = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/

function matchesScrypt(password: Uint8Array, hash: string): boolean {
  const [, ln, r, p, salt = '', key = ''] = SCRYPT.exec(hash) ?? []
  const [logCost, blockSize, parallelization] = [Number(ln), Number(r), Number(p)]
  const isBearable =
    logCost <= STORED_MAX.scryptLogCost &&
    blockSize <= STORED_MAX.scryptBlock &&
    parallelization <= STORED_MAX.scryptLanes
  if (!isBearable) return false
  const expected = Buffer.from(key, 'base64')
  const costs = { cost: 2 ** logCost, block_size: blockSize, parallelization }
  return isSame(scrypt(costs, password, Buffer.from(salt, 'base64'), expected.length), expected)
}
