/** Commands that read hashes of Redis, with placeholders. */
import type { RedisReply } from '#drivers/redis.ts'
import { compileText, fillText, type TextTemplate, type ValueOf } from './fill-template.ts'

/** Words of a command. Placeholders are filled in word by word: a value is never two words. */
export type RedisCommand = readonly TextTemplate[]

/** Cuts a command into its words. */
export function compileCommand(command: string): RedisCommand {
  return command.trim().split(/\s+/).map(compileText)
}

/** The words for one client; undefined when it lacks a value: no key could be its own then. */
export function fillCommand(
  command: RedisCommand,
  valueOf: ValueOf,
): readonly string[] | undefined {
  const words: string[] = []
  for (const template of command) {
    const word = fillText(template, valueOf)
    if (word === undefined) return undefined
    words.push(word)
  }
  return words
}

/**
 * Fields and values that a command which reads a hash has answered.
 * @param words the command as it was sent
 * @throws an Error when the answer has another form
 */
export function readHash(words: readonly string[], reply: RedisReply): Map<string, string> {
  const [name = '', , ...fields] = words
  if (name.toLowerCase() === 'hget') return pairUp(fields, [reply])
  if (!Array.isArray(reply)) throw new Error(`the answer of ${name} is no list`)
  const values = reply as readonly RedisReply[]
  if (name.toLowerCase() === 'hmget') return pairUp(fields, values)
  const names = values.filter((_, index) => index % 2 === 0).map(String)
  return pairUp(
    names,
    values.filter((_, index) => index % 2 === 1),
  )
}

function pairUp(names: readonly string[], values: readonly RedisReply[]): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const [index, name] of names.entries()) {
    const value = values[index]
    if (typeof value === 'string' || typeof value === 'number') pairs.set(name, String(value))
  }
  return pairs
}
