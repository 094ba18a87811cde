import { test } from 'node:test'
import { checkRestart } from './scale/check-restart.ts'

// A tenth of what restart-scale.slow.test.ts has.
const SIZE = { sessions: 10_000, messagesEach: 10 }

test('a broker with 10,000 sessions and 100,000 messages is back at once', async (context) => {
  // A machine that does other things besides is not to fail it: the slow test is strict.
  await checkRestart(context, SIZE, { welcome: 60_000, service: 10_000 })
})
