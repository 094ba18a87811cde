import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Metrics } from '#broker/metrics.ts'
import type { Log } from '#broker/ports.ts'
import { formatProblem } from '#config/decode.ts'
import {
  type LevelCells,
  LogLevel,
  type LogRecord,
  makeLevelCells,
  makeLog,
} from '#kernel/system/log-record.ts'
import { LogRing } from '#kernel/system/log-ring.ts'
import { loadWithOverlay } from './config-store.ts'
import type { NodeOptions, RunningNode } from './running-node.ts'
import { startNode } from './start-node.ts'
import { readVersion } from './version.ts'

/** How a broker for a test differs from one as shipped. */
export interface BrokerOptions {
  /** Configuration text over the defaults of a test: ports chosen by the system, 127.0.0.1. */
  readonly config?: string
  readonly shards?: number
  /** `inline`: all shards in the thread of the test. Default `workers`. */
  readonly threads?: NodeOptions['threads']
  readonly sockets?: NodeOptions['sockets']
  /** Kept at the end, to start again over it. Default: a new folder that is removed. */
  readonly dataDir?: string
}

/** A broker that runs for a test. */
export interface TestBroker {
  /** Port of a listener by its id; `tcp:default` and `ws:default` exist unless configured away. */
  port(listener: string): number
  readonly node: RunningNode
  readonly metrics: readonly Metrics[]
  readonly dataDir: string
  /** Logs to `lines`. */
  readonly log: Log
  /** Everything logged so far, debug lines included. */
  readonly lines: readonly LogRecord[]
  readonly recentLog: LogRing
  readonly logLevels: LevelCells
  /** What a shard failed of; undefined as long as all run. */
  readonly failure: string | undefined
  stop(): Promise<void>
}

/**
 * Starts a whole broker in this process, on free ports and with a data directory of its own.
 * @throws what `startNode` throws; an Error when the configuration is wrong
 */
export async function startBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'tideway-broker-'))
  const lines: LogRecord[] = []
  const state: { failure: string | undefined } = { failure: undefined }
  const logLevels = makeLevelCells(LogLevel.debug)
  const recentLog = new LogRing()
  const writeLog = (record: LogRecord): void => {
    lines.push(record)
    recentLog.add(record)
  }
  const log = makeLog(writeLog, logLevels, Date.now)
  const node = await startNode({
    config: readTestConfig(options, dataDir),
    version: readVersion(),
    log,
    writeLog,
    logLevels,
    threads: options.threads ?? 'workers',
    sockets: options.sockets ?? 'auto',
    onFailure(text) {
      state.failure = text
    },
  })
  return {
    node,
    dataDir,
    lines,
    recentLog,
    logLevels,
    log,
    metrics: node.metrics,
    get failure() {
      return state.failure
    },
    port(listener) {
      const open = node.listeners.find(({ id }) => id === listener)
      if (open === undefined) throw new Error(`there is no listener ${listener}`)
      return open.port
    },
    async stop() {
      await node.stop()
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/**
 * The configuration of a broker for a test.
 * @throws Error that lists what is wrong
 */
export function readTestConfig({ config = '', shards = 1 }: BrokerOptions, dataDir: string) {
  const text = `
    node { data_dir = ${JSON.stringify(dataDir)}, shards = ${shards} }
    listeners.tcp.default.bind = "127.0.0.1:0"
    listeners.ws.default.bind = "127.0.0.1:0"
    listeners.ssl.default = null
    listeners.wss.default = null
    ${config}`
  // With what was changed at run time, as the program does it.
  const loaded = loadWithOverlay({ files: [{ source: 'test', text }] })
  if (loaded.config !== undefined) return loaded.config
  throw new Error(loaded.errors.map(formatProblem).join('\n'))
}
