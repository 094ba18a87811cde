import { test } from 'node:test'
import { checkRestart } from './scale/check-restart.ts'

const SIZE = { sessions: 100_000, messagesEach: 10 }

test('a broker with 100,000 sessions and a million messages is back in 10 s', async (context) => {
  await checkRestart(context, SIZE, 10_000)
})
