import { randomBytes } from 'node:crypto'

/** Ids from the randomness of the system; `next` is for choices that need no secrecy. */
export const systemRandom = Object.freeze({
  next: (): number => Math.random(),
  hexId: (bytes: number): string => randomBytes(bytes).toString('hex'),
})
