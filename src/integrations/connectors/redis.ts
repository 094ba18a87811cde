import { openConfiguredRedis } from '#access/backends/open-redis.ts'
import { redis } from '#config/fields/integrations/redis.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { isList, type ValueMap } from '#plugin/value.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { toText } from '#streams/values/to-text.ts'
import { openDriver } from '../drivers/open-driver.ts'

/** `redis`: a command per record; those of a batch are sent on one connection without waiting. */
export default defineConnector({
  description: redis,
  open({ parameters, ssl }, context) {
    return openDriver(() => openConfiguredRedis({ ...parameters, ssl }, context))
  },
  check: (driver) => driver.check(),
  close: (driver) => driver.close(),
  sink: {
    check({ command_template: [command = ''] }) {
      if (!command.includes('${')) return
      throw new Error('the first word of command_template is the command: it can have no place')
    },
    open({ command_template: words }, driver) {
      const argsOf = compileCommand(words)
      return {
        async write(records, signal) {
          const faults = await driver.commands(records.map(argsOf), signal)
          return faults.map(({ index, error }) => {
            const kind = error.kind === 'fatal' ? ('fatal' as const) : ('retryable' as const)
            return { index, kind, reason: error.message }
          })
        },
      }
    },
  },
})

/** Takes fields and values in turn after the key. */
const TAKES_PAIRS = /^hm?set$/i

/**
 * Each word is one argument, whatever its value holds, but for one: where a field of a hash has no
 * value, a list gives fields and values, such as that of `map_to_redis_hset_args`.
 */
function compileCommand(words: readonly string[]): (record: ValueMap) => readonly string[] {
  const [command = ''] = words
  const templates = words.map((word) => compileTemplate(word))
  const last = templates.at(-1)
  const takesList = TAKES_PAIRS.test(command) && words.length > 2 && words.length % 2 === 1
  return (record) => {
    const list = takesList ? last?.value(record) : undefined
    if (!isList(list)) return templates.map((word) => word.text(record))
    return [...templates.slice(0, -1).map((word) => word.text(record)), ...list.map(toText)]
  }
}
