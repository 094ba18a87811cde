import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { MODE_DEFAULTS, shapeOf } from './default-shape.ts'
import { BenchMode, type BenchPlan, type BenchTarget, type BenchTls, Tracking } from './plan.ts'
import { parseTopicTemplate } from './topic-template.ts'

/** Options as the command line gives them; what is left out has the default of `DEFAULTS`. */
export interface BenchOptions {
  readonly host?: string
  readonly port?: number
  readonly protocol?: number
  readonly qos?: number
  readonly size?: number
  readonly topic?: string
  readonly filter?: string
  readonly filters?: number
  readonly topics?: number
  readonly group?: string
  readonly clients?: number
  readonly publishers?: number
  readonly subscribers?: number
  readonly rate?: number
  readonly interval?: number
  readonly burst?: number
  readonly window?: number
  readonly inflight?: number
  readonly count?: number
  readonly keep?: boolean
  readonly retain?: boolean
  readonly duration?: number
  readonly warmup?: number
  readonly drain?: number
  readonly connectRate?: number
  readonly connectTimeout?: number
  readonly keepalive?: number
  readonly clean?: boolean
  readonly sessionExpiry?: number
  readonly username?: string
  readonly password?: string
  readonly prefix?: string
  readonly tls?: boolean
  readonly cafile?: string
  readonly cert?: string
  readonly key?: string
  readonly insecure?: boolean
  /** True: the usual path. */
  readonly ws?: string | true
  readonly ifaddr?: readonly string[]
  readonly threads?: number
  readonly pid?: number
}

/** Defaults that are the same for all modes; times in seconds, as the options are. */
export const DEFAULTS = {
  host: '127.0.0.1',
  protocol: 5,
  size: 64,
  filters: 1,
  group: 'bench',
  burst: 32,
  inflight: 100,
  duration: 10,
  warmup: 1,
  drain: 2,
  connectTimeout: 10,
  keepalive: 300,
  clean: true,
} as const satisfies BenchOptions

type FullOptions = BenchOptions & {
  readonly [K in keyof typeof DEFAULTS]: Exclude<BenchOptions[K], undefined>
}

/** Options that contradict each other or make no sense, in words for the person who gave them. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

const PORTS = { tcp: 1883, tls: 8883, ws: 8083, wss: 8084 } as const
const WEB_SOCKET_PATH = '/mqtt'
const WINDOW_MIN = 4000
/** Messages to everybody that are under way at once, unless the window is given. */
const WINDOW_MESSAGES = 20
const SESSION_EXPIRY_S = 7200
const TOPICS_DEFAULT = 1000
const RETAINED_DEFAULT = 10_000
const STREAMS_MAX = 1 << 26
const THREADS_MAX = 8
const RUN_MAX = 0xffff

/** Makes a plan of the options; says what is wrong with them by an `OptionError`. */
export function makePlan(mode: BenchMode, given: BenchOptions): BenchPlan {
  const options: FullOptions = { ...DEFAULTS, ...given }
  const defaults = MODE_DEFAULTS[mode]
  const publishers = countOf(mode, 'publishers', options)
  const subscribers = countOf(mode, 'subscribers', options)
  const topic = options.topic ?? defaults.topic
  const { group, filter } = options
  const shape = shapeOf({ mode, topic, filter, publishers, subscribers, group })
  const run = Math.floor(Math.random() * RUN_MAX)
  const qos = (options.qos ?? defaults.qos) as 0 | 1 | 2 // The parser of the option checks it.
  const messagesMax = options.count ?? (mode === BenchMode.RETAINED ? RETAINED_DEFAULT : Infinity)
  const plan: BenchPlan = {
    mode,
    target: targetOf(options),
    identity: identityOf(options, run),
    publishers,
    subscribers,
    qos,
    payloadBytes: options.size,
    retain: mode === BenchMode.RETAINED || options.retain === true,
    topic,
    filter: shape.filter,
    filtersEach: options.filters,
    topics: topicsOf(mode, topic, options.topics, messagesMax),
    messagesMax,
    ratePerSecond: rateOf(options, publishers),
    burst: options.burst,
    window: options.window ?? Math.max(WINDOW_MIN, shape.copies * WINDOW_MESSAGES),
    inflight: options.inflight,
    copies: shape.copies,
    tracking: shape.tracking,
    connectsPerSecond: options.connectRate ?? Infinity,
    connectTimeoutMs: options.connectTimeout * 1000,
    warmupMs: mode === BenchMode.SUB ? 0 : options.warmup * 1000,
    durationMs: options.duration === 0 ? Infinity : options.duration * 1000,
    drainMs: options.drain * 1000,
    threads: threadsOf(options, publishers + subscribers),
    run,
    keepRetained: options.keep === true,
    brokerPid: options.pid,
  }
  checkPlan(plan)
  return plan
}

function countOf(
  mode: BenchMode,
  role: 'publishers' | 'subscribers',
  options: BenchOptions,
): number {
  const given = options[role] ?? (MODE_DEFAULTS[mode][role] > 0 ? options.clients : undefined)
  return given ?? MODE_DEFAULTS[mode][role]
}

function targetOf(options: FullOptions): BenchTarget {
  const { host, cafile, cert, key, insecure, ifaddr = [] } = options
  const isTls = options.tls === true
  if (!isTls && (cafile !== undefined || cert !== undefined || insecure === true)) {
    throw new OptionError('--cafile, --cert and --insecure have no meaning without --tls')
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new OptionError('--cert and --key belong together')
  }
  const tls: BenchTls | undefined = isTls
    ? {
        authorities: readPem('--cafile', cafile),
        certificate: readPem('--cert', cert),
        key: readPem('--key', key),
        verify: insecure !== true,
      }
    : undefined
  const { ws } = options
  const webSocketPath = ws === true ? WEB_SOCKET_PATH : ws
  const transport = webSocketPath === undefined ? (isTls ? 'tls' : 'tcp') : isTls ? 'wss' : 'ws'
  const port = options.port ?? PORTS[transport]
  return { host, address: host, port, tls, webSocketPath, localAddresses: ifaddr }
}

function readPem(option: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new OptionError(`${option} ${path}: ${(error as { code?: string }).code ?? 'unreadable'}`)
  }
}

function identityOf(options: FullOptions, run: number): BenchPlan['identity'] {
  const { clean, username, password, prefix } = options
  if (password !== undefined && username === undefined) {
    throw new OptionError('--password needs --username')
  }
  if (!clean && prefix === undefined) {
    throw new OptionError('--no-clean needs --prefix, so that the sessions are found again')
  }
  return {
    version: options.protocol as ProtocolVersion, // The parser of the option checks it.
    prefix: prefix ?? `tideway-bench-${run.toString(16)}-`,
    username,
    password,
    cleanStart: clean,
    sessionExpirySeconds: options.sessionExpiry ?? (clean ? 0 : SESSION_EXPIRY_S),
    keepAliveSeconds: options.keepalive,
  }
}

function topicsOf(
  mode: BenchMode,
  topic: string,
  given: number | undefined,
  messagesMax: number,
): number {
  const { variesByMessage, variesByClient } = parseTopicTemplate(topic)
  if (mode === BenchMode.RETAINED) {
    if (given !== undefined) throw new OptionError('retained: --count says how many topics')
    if (variesByMessage) return messagesMax
    throw new OptionError('retained: the topic has to differ from message to message, as {s} does')
  }
  if (!variesByMessage) {
    if (given === undefined) return 1
    throw new OptionError('--topics needs a topic with {s} or {r}')
  }
  if (variesByClient) throw new OptionError(`${topic}: {s} and {r} do not go with %i, %c and %u`)
  if (topic.includes('{s') && topic.includes('{r')) {
    throw new OptionError(`${topic}: {s} and {r} do not go together`)
  }
  return given ?? TOPICS_DEFAULT
}

function rateOf({ rate, interval }: BenchOptions, publishers: number): number {
  if (rate !== undefined && interval !== undefined) {
    throw new OptionError('--rate (all publishers) and --interval (each one) exclude each other')
  }
  if (interval !== undefined) return (publishers * 1000) / interval
  return rate ?? Infinity
}

/** A core stays for the broker and for this program's main thread. */
function threadsOf({ threads }: BenchOptions, clients: number): number {
  const chosen = threads ?? Math.max(1, Math.min(THREADS_MAX, availableParallelism() - 1))
  return Math.max(1, Math.min(chosen, clients))
}

function checkPlan(plan: BenchPlan): void {
  const { mode, publishers, subscribers, tracking, filtersEach } = plan
  const isOrderedPair = mode === BenchMode.PAIR && tracking === Tracking.ORDER
  const hears = isOrderedPair ? 1 : publishers
  if (hears * subscribers > STREAMS_MAX) {
    throw new OptionError(`${publishers} × ${subscribers} streams are too many to follow`)
  }
  if (isOrderedPair && subscribers % publishers !== 0) {
    throw new OptionError('pair: the subscribers have to be a multiple of the publishers')
  }
  if (filtersEach > 1 && mode !== BenchMode.SUB && (mode !== BenchMode.PAIR || isOrderedPair)) {
    throw new OptionError('--filters is for sub, and for pair when the topic has {s} or {r}')
  }
}
