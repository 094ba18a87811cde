import { test } from 'node:test'
import { checkRestart } from './scale/check-restart.ts'

// A tenth of what restart-scale.slow.test.ts has.
const SIZE = { sessions: 10_000, messagesEach: 10 }

test('a broker with 10,000 sessions and 100,000 messages is back at once', async (context) => {
  await checkRestart(context, SIZE, 10_000)
})
