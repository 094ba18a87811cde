/** What the message or event at hand says of itself. */
import { arg, defineFunction } from '#plugin/define-function.ts'

export const messageFunctions = [
  defineFunction({
    name: 'topic',
    category: 'message',
    arguments: [],
    result: 'string',
    text: 'The topic of the message.',
    examples: [{ sql: 'topic()', given: { topic: 't/a' }, gives: 't/a' }],
    callIn: (context) => context.column('topic'),
  }),
  defineFunction({
    name: 'topic',
    category: 'message',
    arguments: [arg('n', 'integer', 'Counted from 1.')],
    result: 'string',
    text: 'One level of the topic. Fails when there are fewer.',
    examples: [
      { sql: 'topic(2)', given: { topic: 't/a/b' }, gives: 'a' },
      { sql: 'topic(4)', given: { topic: 't/a/b' }, fails: 'no level 4' },
    ],
    callIn: (context, n) => {
      const topic = context.column('topic')
      const level = typeof topic === 'string' && n > 0 ? topic.split('/')[n - 1] : undefined
      if (level === undefined) throw new RangeError(`the topic has no level ${n}`)
      return level
    },
  }),
]
