import { createHash } from 'node:crypto'
import { arg, defineFunction } from '#plugin/define-function.ts'

export const digestFunctions = [
  defineFunction({
    name: 'sha256',
    category: 'hash',
    arguments: [arg('data', 'bytes')],
    result: 'string',
    text: 'SHA-256, in lower case hexadecimal digits.',
    examples: [
      {
        sql: "sha256('a')",
        gives: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
      },
    ],
    call: (data) => createHash('sha256').update(data).digest('hex'),
  }),
]
