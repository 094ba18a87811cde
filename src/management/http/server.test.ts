import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEvent } from '../audit.ts'
import { login } from '../contract/login.ts'
import { checkAvailability } from '../contract/nodes.ts'
import { ApiError } from './api-error.ts'
import { ok, route } from './route.ts'
import { makeServer, type ServerParts } from './server.ts'

const HERE = '127.0.0.1'
const ELSEWHERE = '192.0.2.1'

test('while a user has the initial password, strangers reach nothing but probes', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] }) // A request that is made up has no end.
  const recorded: string[] = []
  const parts = {
    routes: [
      route(checkAvailability, () => ok({})),
      route(login, () => {
        throw new ApiError(401, 'BAD_USERNAME_OR_PWD', 'User name or password is wrong.')
      }),
    ],
    authenticator: { identify: () => ({ kind: 'nobody' }) },
    audit: {
      record: ({ address, status }: AuditEvent) => recorded.push(`${status} of ${address}`),
    },
    localOnly: () => true,
    cors: false,
    connectionsMax: 10,
    arrival: { requestMsMax: 60_000, uploadMsMax: 60_000 },
  } as unknown as ServerParts // What requests without rights need.
  const server = makeServer(parts)
  t.after(() => server.close())
  const payload = { username: 'admin', password: 'guessed' }
  const signIn = async (remoteAddress: string): Promise<number> => {
    const url = '/api/v5/login'
    return (await server.inject({ method: 'POST', url, payload, remoteAddress })).statusCode
  }
  const url = '/api/v5/load_rebalance/availability_check'
  const probed = await server.inject({ url, remoteAddress: ELSEWHERE })
  assert.equal(probed.statusCode, 200)
  assert.deepEqual([await signIn(ELSEWHERE), await signIn(HERE)], [403, 401])
  assert.deepEqual(recorded, [`401 of ${HERE}`], 'nobody fills the audit from elsewhere')
})
