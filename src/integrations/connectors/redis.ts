import { openConfiguredRedis } from '#access/backends/open-redis.ts'
import { redis } from '#config/fields/integrations/redis.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { compileTemplate } from '#streams/rules/template.ts'
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
      const templates = words.map((word) => compileTemplate(word))
      return {
        async write(records, signal) {
          const commands = records.map((record) => templates.map((word) => word.text(record)))
          const faults = await driver.commands(commands, signal)
          return faults.map(({ index, error }) => {
            const kind = error.kind === 'fatal' ? ('fatal' as const) : ('retryable' as const)
            return { index, kind, reason: error.message }
          })
        },
      }
    },
  },
})
