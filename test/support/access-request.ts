/** Requests and surroundings for tests of authenticators. */
import type { ConnectRequest, KvStore, Log } from '#broker/ports.ts'
import type { AuthenticatorContext } from '#plugin/define-authenticator.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'

const NOTHING = () => {}

/** A log that nobody reads. */
export const SILENT_LOG: Log = { debug: NOTHING, info: NOTHING, warn: NOTHING, error: NOTHING }

/** A client that connects, with these facts of its own. */
export function connectRequest(more: Partial<ConnectRequest> = {}): ConnectRequest {
  return {
    clientId: 'client',
    username: undefined,
    password: undefined,
    protocolVersion: 5,
    cleanStart: true,
    keepAliveSeconds: 60,
    wire: {
      listener: 'tcp:default',
      transport: 'tcp',
      peerHost: '192.0.2.1',
      peerPort: 1000,
      localPort: 1883,
    },
    ...more,
  }
}

/** A client with a name and a password. */
export function namedRequest(
  username: string | undefined,
  password: string | undefined,
  more: Partial<ConnectRequest> = {},
): ConnectRequest {
  const bytes = password === undefined ? undefined : Buffer.from(password)
  return connectRequest({ username, password: bytes, ...more })
}

/** A store in memory that commits at once. */
export function memoryStore(): KvStore {
  return new MemoryDisk().open({ automatic: true })
}

/** What an authenticator works with; the wall clock stands at `nowMs`. */
export function authenticatorContext(
  nowMs = Date.now(),
  more: Partial<AuthenticatorContext> = {},
): AuthenticatorContext {
  return {
    shardCount: 1,
    id: 'test',
    chain: 'mqtt:global',
    log: SILENT_LOG,
    clock: { nowMs: () => nowMs, monotonicMs: () => performance.now() },
    store: memoryStore(),
    passwords: { verify: () => 'mismatch' },
    nodeSecret: Buffer.alloc(32, 7),
    readSecret: (written) => written,
    ...more,
  }
}
