import { describe, test } from 'node:test'
import { BROWSER } from './support/dashboard.ts'
import { checkManyClients, STRICT_LIMITS } from './support/many-clients.ts'

describe('many clients', BROWSER, () => {
  test('250,000 are paged and filtered without a stall', async () =>
    checkManyClients(250_000, STRICT_LIMITS))
})
