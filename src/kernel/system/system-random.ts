import { randomBytes } from 'node:crypto'

/** Randomness of the operating system for ids; `next` is for choices that nobody may profit from. */
export const systemRandom = Object.freeze({
  next: (): number => Math.random(),
  hexId: (bytes: number): string => randomBytes(bytes).toString('hex'),
})
