import { describe, test } from 'node:test'
import { BROWSER } from './support/dashboard.ts'
import { checkManyClients } from './support/many-clients.ts'

/** Other tests run at the same time: what takes a multiple of these grows with the rows. */
const LOOSE_LIMITS = { pageMs: 15_000, stallMs: 10_000 }

describe('many clients', BROWSER, () => {
  test('20,000 are paged and filtered without a stall', async () =>
    checkManyClients(20_000, LOOSE_LIMITS))
})
