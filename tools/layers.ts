/**
 * The shape of the repository as data: what may import what, and where the strict rules hold.
 *
 * `tools/tidy.test.ts` enforces it, `tools/lint-overrides.ts` hands the same rules to the editor.
 */

/** A folder under `src/`. */
export interface Layer {
  readonly folder: string
  /** A file may import its own folder and folders of a lower level, nothing else. */
  readonly level: number
  /** Built-in modules it may import, without `node:`; `*` allows all. */
  readonly builtins: readonly string[]
  /** Packages it may import. */
  readonly packages: readonly string[]
  /** No clocks, randomness, timers, process: they come in through ports. */
  readonly pure: boolean
}

/** A place inside a layer with its own rule for built-in modules and purity. */
export interface LayerException {
  /** Path below `src/`, ending with a slash. */
  readonly path: string
  readonly builtins: readonly string[]
  readonly packages: readonly string[]
  readonly pure: boolean
  readonly reason: string
}

/** Lets one file break one rule. A waiver which nothing needs any more fails the tidy test. */
export interface Waiver {
  readonly rule: string
  /** Path from the root of the repository. */
  readonly path: string
  readonly reason: string
}

/** Built-in modules without effects: any layer that is not pure may use them. */
const HARMLESS = ['assert', 'buffer', 'events', 'path', 'timers/promises', 'url', 'util']
const FILES = ['fs', 'fs/promises']
const SOCKETS = ['dgram', 'dns', 'dns/promises', 'net', 'stream', 'stream/promises', 'tls']
const HTTP = ['http', 'http2', 'https']

function layer(
  level: number,
  folder: string,
  builtins: readonly string[],
  packages: string[] = [],
) {
  return { level, folder, builtins: [...HARMLESS, ...builtins], packages, pure: false }
}

function pureLayer(level: number, folder: string, packages: string[] = []) {
  return { level, folder, builtins: [], packages, pure: true }
}

/** Every folder under `src/`. */
export const LAYERS: readonly Layer[] = [
  pureLayer(0, 'kernel', ['re2js']),
  layer(1, 'config', []),
  pureLayer(1, 'codec'),
  layer(1, 'net', [...SOCKETS, ...HTTP, ...FILES, 'crypto', 'os', 'zlib'], ['ws']),
  pureLayer(2, 'broker'),
  layer(
    2,
    'drivers',
    ['crypto', 'dgram', 'net', 'tls'],
    [
      '@nats-io/jetstream',
      '@nats-io/transport-node',
      '@platformatic/kafka',
      'amqplib',
      'ldapts',
      'mongodb',
      'mqtt',
      'mysql2',
      'pg',
      'redis',
      'undici',
    ],
  ),
  layer(3, 'plugin', []),
  layer(4, 'storage', [...FILES, 'crypto', 'os', 'sqlite', 'worker_threads', 'zlib'], ['lmdb']),
  layer(4, 'fabric', ['crypto', 'worker_threads']),
  layer(4, 'access', [...FILES, 'crypto', 'os', 'worker_threads'], ['bcryptjs', 'jose']),
  layer(5, 'listeners', [...SOCKETS, ...HTTP, ...FILES, 'crypto', 'worker_threads'], ['ws']),
  layer(5, 'streams', ['crypto', 'module', 'zlib'], ['avsc', 'protobufjs', 'typebox']),
  layer(6, 'gateways', ['crypto', 'stream', 'zlib']),
  layer(6, 'integrations', [...FILES, 'crypto', 'stream', 'v8', 'zlib']),
  layer(6, 'industrial', ['crypto', 'stream', 'zlib']),
  layer(
    7,
    'management',
    [...FILES, ...HTTP, 'async_hooks', 'crypto', 'os', 'perf_hooks', 'stream', 'zlib'],
    ['fastify', 'openid-client', 'typebox'],
  ),
  layer(8, 'cli', ['*'], ['commander', 'mqtt']),
  layer(8, 'app', ['*'], ['commander', 'pino']),
]

/** Parts of a layer with other rules than the rest of it; the longest path wins. */
export const LAYER_EXCEPTIONS: readonly LayerException[] = [
  {
    path: 'kernel/system/',
    builtins: ['*'],
    packages: ['pino'],
    pure: false,
    reason: 'implements the ports of the kernel with the real clock, randomness and log',
  },
]

/** Where a layer may see only a part of a lower one. */
export const NARROW_IMPORTS: readonly { from: string; layer: string; only: string }[] = [
  { from: 'cli', layer: 'management', only: 'management/contract/' },
]

/**
 * Globals that bring time, randomness or the outside world into a file.
 *
 * Pure folders get these through ports. `new Date()` without arguments is banned as well.
 */
export const BANNED_GLOBALS: readonly string[] = [
  'Date.now',
  'Math.random',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]

/** Files that every message passes: no async, no JSON, no regular expression, no array spread. */
export const HOT_PATH: readonly string[] = [
  'src/access/authorization/decision-cache.ts',
  'src/broker/router/routes.ts',
  'src/broker/session/acks.ts',
  'src/broker/session/deliver.ts',
  'src/broker/session/frame-assembler.ts',
  'src/broker/session/outbox.ts',
  'src/broker/session/outgoing.ts',
  'src/broker/session/session-queue.ts',
  'src/broker/shard/route.ts',
  'src/codec/mqtt/frame.ts',
  'src/codec/mqtt/publish-scan.ts',
  'src/codec/mqtt/publish.ts',
  'src/codec/mqtt/reader.ts',
  'src/codec/mqtt/utf8.ts',
  'src/codec/mqtt/varint.ts',
  'src/kernel/byte-writer.ts',
  'src/kernel/fifo.ts',
]

/** Files that may destroy a socket: every other close goes through them. */
export const SOCKET_OWNERS: readonly string[] = ['src/net/', 'src/listeners/close.ts']

/** Where reading begins: a file under `src/` that none of these reaches is dead. */
export const ENTRY_POINTS: readonly RegExp[] = [
  /^src\/app\/main\.ts$/,
  /^src\/app\/[a-z0-9-]+-main\.ts$/,
  /^src\/cli\/main\.ts$/,
]

/** Sizes, in lines and columns. */
export const SIZE_LIMITS = {
  fileLinesMax: 500,
  functionLinesMax: 70,
  suiteLinesMax: 200,
  lineColumnsMax: 100,
} as const

/** Exceptions from the rules. The list may shrink, not grow. */
export const WAIVERS: readonly Waiver[] = []
