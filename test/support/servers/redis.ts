import { execFileSync } from 'node:child_process'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { putServerCertificates } from './server-certificates.ts'
import { freePort, ServerProcess } from './server-process.ts'

/** The user and password that a test server has; the default user is switched off. */
export const REDIS_LOGIN = { username: 'tideway', password: 'redis-Secret-1' } as const

const READY = /Ready to accept connections|\+monitor|Sentinel ID is/

/** For tests that need a Redis server. */
export function needsRedis(): NeedOptions {
  return needsPackage('redis-server', isInstalled('redis-server'))
}

/** A Redis server that speaks TLS on a second port. */
export interface RedisServer {
  readonly server: ServerProcess
  readonly tlsPort: number
}

/** A Redis server with a user and password, for a test. What it holds survives a kill. */
export async function startRedis(): Promise<RedisServer> {
  const tlsPort = await freePort()
  const mayDoAll = [`>${REDIS_LOGIN.password}`, '~*', '&*', '+@all']
  const server = await ServerProcess.launch({
    name: 'redis',
    command: 'redis-server',
    args: ({ folder, port }) =>
      [
        common(folder, port),
        ['--tls-port', String(tlsPort), '--tls-auth-clients', 'no'],
        ['--tls-cert-file', `${folder}/certs/server.pem`],
        ['--tls-key-file', `${folder}/certs/server.key`],
        ['--tls-ca-cert-file', `${folder}/certs/ca.pem`],
        ['--appendonly', 'yes', '--appendfsync', 'no'],
        ['--user', 'default', 'on', ...mayDoAll],
        ['--user', REDIS_LOGIN.username, 'on', ...mayDoAll],
      ].flat(),
    ready: READY,
    prepare: ({ folder }) => Promise.resolve(void putServerCertificates(folder)),
  })
  return { server, tlsPort }
}

/** A sentinel that watches one primary and one replica under the name `mymaster`. */
export interface RedisSentinel {
  readonly sentinel: ServerProcess
  readonly nodes: readonly ServerProcess[]
  remove(): Promise<void>
}

/** Starts a primary, a replica and a sentinel that knows both. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const primary = await startPlain([])
  const replica = await startPlain(['--replicaof', primary.host, String(primary.port)])
  const sentinel = await ServerProcess.launch({
    name: 'sentinel',
    command: 'sh',
    // A sentinel writes what it learns into its file.
    args: ({ folder, port }) => [
      '-c',
      `printf 'port ${port}\\nbind 127.0.0.1\\nsentinel monitor mymaster 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds mymaster 1000\\nsentinel failover-timeout mymaster 5000\\n' \
> ${folder}/sentinel.conf; exec redis-server ${folder}/sentinel.conf --sentinel`,
    ],
    ready: READY,
  })
  const all = [sentinel, replica, primary]
  return { sentinel, nodes: [primary, replica], remove: () => removeAll(all) }
}

/** Nodes of a cluster that hold all slots between them. */
export interface RedisCluster {
  readonly nodes: readonly ServerProcess[]
  remove(): Promise<void>
}

/** Starts a cluster of three primaries. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const start = async (): Promise<ServerProcess> => {
    const bus = ['--cluster-port', String(await freePort())]
    return startPlain(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...bus])
  }
  const first = await start()
  const nodes = [first, await start(), await start()]
  const addresses = nodes.map(({ host, port }) => `${host}:${port}`)
  runRedis(first, ['--cluster', 'create', ...addresses, '--cluster-yes'])
  return { nodes, remove: () => removeAll(nodes) }
}

function startPlain(more: readonly string[]): Promise<ServerProcess> {
  return ServerProcess.launch({
    name: 'redis',
    command: 'redis-server',
    args: ({ folder, port }) => [...common(folder, port), ...more],
    ready: READY,
  })
}

/** Runs a command with `redis-cli` and returns what it printed. */
export function runRedis(server: ServerProcess, words: readonly string[], password = ''): string {
  const login = password === '' ? [] : ['--no-auth-warning', '-a', password]
  const address = ['-h', server.host, '-p', String(server.port)]
  return execFileSync('redis-cli', [...address, ...login, ...words], { encoding: 'utf8' })
}

function common(folder: string, port: number): readonly string[] {
  return ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
}

async function removeAll(servers: readonly ServerProcess[]): Promise<void> {
  await Promise.all(servers.map((server) => server.remove()))
}
