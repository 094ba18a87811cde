import { test } from 'node:test'
import { checkManyClients } from './support/many-clients.ts'

test('20,000 clients and subscriptions are listed in pages of less than 100 ms', async () => {
  await checkManyClients(20_000)
})
