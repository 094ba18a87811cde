/** A provider of OpenID Connect, of npm, that lets everybody in under the name that is typed. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the tests look at. */
export interface TestProvider {
  readonly issuer: string
  readonly port: number
  close(): Promise<void>
}

export const CLIENT = { id: 'dashboard', secret: 'a-secret-of-the-provider-0123456789' }

/** Starts a provider that knows one client, whose callback is below this address. */
export async function startProvider(dashboardAddress: string): Promise<TestProvider> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const provider = await makeProvider(issuer, dashboardAddress)
  server.on('request', provider.callback())
  return {
    issuer,
    port,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

interface Provider {
  callback(): (...args: readonly unknown[]) => void
}

async function makeProvider(issuer: string, dashboardAddress: string): Promise<Provider> {
  // The package brings no types.
  const name = 'oidc-provider'
  const { default: Made } = (await import(name)) as {
    default: new (issuer: string, options: object) => Provider
  }
  return new Made(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${dashboardAddress}/api/v5/sso/oidc/callback`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub', 'groups'], email: ['email'] },
    cookies: { keys: ['for-tests'] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@example.org`,
        groups: id === 'ada' ? ['iot-admins'] : id === 'eve' ? [] : ['guests'],
      }),
    }),
  })
}
