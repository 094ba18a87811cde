import { defineFunction } from '#plugin/define-function.ts'

export const clockFunctions = [
  defineFunction({
    name: 'now_timestamp',
    category: 'time',
    arguments: [],
    result: 'integer',
    text: 'Seconds since 1970.',
    examples: [{ sql: 'now_timestamp()', satisfies: (result) => Number.isSafeInteger(result) }],
    callIn: ({ services }) => Math.floor(services.nowMs() / 1000),
  }),
]
