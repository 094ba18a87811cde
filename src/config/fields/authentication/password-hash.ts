/** `password_hash_algorithm`: how passwords are stored. */
import { int, object, oneOf, variant } from '../../field.ts'
import type { Infer } from '../../field.ts'

/** Digests of pbkdf2 that EMQX knows and OpenSSL has. */
const MAC_FUNCTIONS = ['md5', 'ripemd160', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const

const simple = object(
  {
    name: oneOf(['plain', 'md5', 'sha', 'sha256', 'sha512'], {
      text: 'One pass of a digest over salt and password. Fast, for attackers too.',
      default: 'sha256',
    }),
    salt_position: oneOf(['prefix', 'suffix', 'disable'], {
      text: 'Where the salt stands when the digest is computed.',
      default: 'prefix',
    }),
  },
  { text: 'A digest with salt.' },
)

const bcrypt = object(
  {
    name: oneOf(['bcrypt'], { text: 'The algorithm.', required: true }),
    salt_rounds: int({
      text: 'Cost of new passwords, as a power of two. Stored ones say their own.',
      min: 5,
      max: 14,
      default: 10,
    }),
  },
  { text: 'Bcrypt; the stored text holds cost and salt.' },
)

const pbkdf2 = object(
  {
    name: oneOf(['pbkdf2'], { text: 'The algorithm.', required: true }),
    mac_fun: oneOf(MAC_FUNCTIONS, { text: 'Digest of the HMAC.', required: true }),
    iterations: int({ text: 'Rounds.', min: 1, max: 10_000_000, required: true }),
    dk_length: int({
      text: 'Length of the derived key in bytes; without it that of the digest.',
      min: 1,
      max: 1024,
    }),
  },
  { text: 'PBKDF2 with a salt.' },
)

const scrypt = object(
  {
    name: oneOf(['scrypt'], { text: 'The algorithm.', required: true }),
    cost: int({
      text: 'Cost (N), a power of two. Stored text of the form `$scrypt$…` says its own.',
      min: 2,
      max: 1_048_576,
      default: 16_384,
    }),
    block_size: int({ text: 'Block size (r).', min: 1, max: 64, default: 8 }),
    parallelization: int({ text: 'Parallelization (p).', min: 1, max: 64, default: 1 }),
    dk_length: int({ text: 'Length of the derived key in bytes.', min: 16, max: 64, default: 32 }),
  },
  { text: 'Scrypt (RFC 7914) with a salt. Not known to EMQX.' },
)

const argon2 = object(
  {
    name: oneOf(['argon2id', 'argon2i', 'argon2d'], { text: 'The algorithm.', required: true }),
    memory: int({
      text: 'Memory in KiB. Stored text of the form `$argon2id$…` says its own values.',
      min: 8,
      max: 262_144,
      default: 19_456,
    }),
    iterations: int({ text: 'Passes over the memory.', min: 1, max: 100, default: 2 }),
    parallelism: int({ text: 'Lanes.', min: 1, max: 16, default: 1 }),
    dk_length: int({ text: 'Length of the derived key in bytes.', min: 16, max: 64, default: 32 }),
  },
  { text: 'Argon2 (RFC 9106) with a salt. Not known to EMQX.' },
)

export const passwordHashAlgorithm = variant(['name'], [simple, bcrypt, pbkdf2, scrypt, argon2], {
  text: 'How the passwords are stored.',
  default: { name: 'sha256', salt_position: 'prefix' },
})

/** The decoded value. */
export type PasswordHashAlgorithm = Infer<typeof passwordHashAlgorithm>
