/** The program: configuration, log, node, signals. */
import { formatProblem } from '#config/decode.ts'
import { formatWarning, type Loaded } from '#config/load.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { type LogHandlers, openLogHandlers } from '#kernel/system/log-handlers.ts'
import { makeLog, type SystemLog } from '#kernel/system/log-record.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { formatAddress } from '#net/ip-address.ts'
import { StorageError } from '#storage/storage-error.ts'
import { type Arguments, parseArguments, USAGE } from './arguments.ts'
import { ConfigStore, loadWithOverlay } from './config-store.ts'
import { readLayers } from './read-config.ts'
import { settingsProblems, toLogSettings } from './settings.ts'
import type { ManagementOptions, RunningManagement } from './start-management.ts'
import { checkManagementPort } from './management-port.ts'
import type { RunningNode } from './running-node.ts'
import { startNode } from './start-node.ts'
import { readVersion } from './version.ts'

const ExitCode = { FAILED: 1, INTERNAL: 70 } as const
const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Longest time an orderly stop may take. */
const STOP_LIMIT_MS = 30_000
/** Longest time a stop after a failure may take. */
const FAILURE_LIMIT_MS = 10_000

/** Runs the program with the arguments of the command line; ends the process when that fails. */
export async function runProgram(args: readonly string[]): Promise<void> {
  try {
    await main(parseArguments(args))
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exit(error instanceof StorageError ? error.exitCode : ExitCode.FAILED)
  }
}

async function main(args: Arguments): Promise<void> {
  if (args.action === 'help') return void process.stdout.write(USAGE)
  const version = readVersion()
  if (args.action === 'version') return void process.stdout.write(`tideway ${version}\n`)
  const layers = readLayers(args.configFiles, { ...process.env, ...args.env })
  const loaded = loadWithOverlay(layers)
  const config = showProblems(loaded, args)
  if (config === undefined) process.exitCode = ExitCode.FAILED
  else if (args.action === 'run') await run(new ConfigStore(layers, config), version)
}

/** Says everything that is wrong; undefined when it does not allow a start. */
function showProblems(loaded: Loaded, { action }: Arguments): TidewayConfig | undefined {
  for (const warning of loaded.warnings) {
    if (warning.level === 'warning' || action === 'check') say(formatWarning(warning))
  }
  const { config } = loaded
  const problems = config === undefined ? loaded.errors : settingsProblems(config)
  for (const problem of problems) say(formatProblem(problem))
  if (problems.length > 0) {
    say('the configuration has errors: not started')
    return undefined
  }
  if (action === 'check') say('the configuration is valid')
  return config
}

function say(text: string): void {
  process.stderr.write(`tideway: ${text}\n`)
}

async function run(store: ConfigStore, version: string): Promise<void> {
  const config = store.current
  const handlers = openLogHandlers(toLogSettings(config))
  const write = handlers.write.bind(handlers)
  const log = makeLog(write, handlers.levels, systemClock.nowMs)
  let node: RunningNode | undefined = undefined
  const failed = (text: string): void => fail(text, node, log)
  process.on('uncaughtException', (error) => failed(error.stack ?? String(error)))
  const stopper = stopOnSignals(log)
  await checkManagementPort(config)
  const broker = await startNode({
    config,
    version,
    log,
    writeLog: write,
    logLevels: handlers.levels,
    threads: 'workers',
    sockets: 'auto',
    // It has more files than the broker, which clients would wait for.
    onLoading: () => void import('./start-management.ts'),
    onFailure: failed,
  })
  node = broker
  const configureLog = (changed: TidewayConfig): void => handlers.use(toLogSettings(changed))
  const { recent: recentLog, levels: logLevels } = handlers
  const tapLog = handlers.tap.bind(handlers)
  const logs = { log: log.of('management'), recentLog, logLevels, configureLog, tapLog }
  const options = { store, version, ...logs, node: broker }
  const management = await manage(broker, options)
  const stop = async (): Promise<void> => {
    await management?.stop()
    await broker.stop()
  }
  const reload = async (): Promise<void> => {
    management?.management.reloadCertificates()
    await broker.reload()
  }
  stopper.running({ stop, reload })
  announce(handlers, broker, version, config.allow_anonymous)
  if (management !== undefined) announceManagement(handlers, management)
}

/** Starts the REST API; a broker that cannot be managed does not run. */
async function manage(
  broker: RunningNode,
  options: ManagementOptions,
): Promise<RunningManagement | undefined> {
  try {
    const { startManagement } = await import('./start-management.ts')
    return await startManagement(options)
  } catch (error) {
    await broker.stop()
    throw error
  }
}

/** Shown whatever the level of the log: the owner wants to see that it runs, and where. */
function announce(
  handlers: LogHandlers,
  node: RunningNode,
  version: string,
  allowAnonymous: boolean,
): void {
  const show = (message: string, fields: Record<string, unknown>): void => {
    handlers.announce({ timeMs: Date.now(), level: 'info', module: 'node', message, fields })
  }
  for (const { id, host, port } of node.listeners) {
    show('listener_started', { listener: id, bind: formatAddress(host, port) })
  }
  const clients = allowAnonymous ? 'all' : 'on this host only (see allow_anonymous)'
  const shards = node.metrics.length
  show('tideway is running', { version, pid: process.pid, shards, clients })
}

function announceManagement(handlers: LogHandlers, { addresses }: RunningManagement): void {
  for (const { id, host, port } of addresses) {
    const fields = { listener: id, bind: formatAddress(host, port) }
    const what = { level: 'info', module: 'management', message: 'listener_started' } as const
    handlers.announce({ timeMs: Date.now(), ...what, fields })
  }
}

type Stoppable = Pick<RunningNode, 'stop' | 'reload'>

/**
 * Takes signals from now on, through the same handlers all the time: a signal that comes while one
 * handler is exchanged for another would be lost.
 */
function stopOnSignals(log: SystemLog): { running(node: Stoppable): void } {
  let node: Stoppable | undefined = undefined
  let isStopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(ExitCode.FAILED)
    isStopping = true
    log.warn('stopping', { signal })
    // A start that is under way has nothing to save; what it began, the next one finishes.
    if (node === undefined) process.exit(0)
    setTimeout(() => {
      log.error('stop_took_too_long', { limitMs: STOP_LIMIT_MS })
      process.exit(ExitCode.FAILED)
    }, STOP_LIMIT_MS).unref()
    void node.stop().then(() => {
      log.warn('stopped')
      process.exit(0)
    })
  }
  process.on('SIGHUP', () => {
    log.info('reloading_files')
    void node?.reload()
  })
  for (const signal of STOP_SIGNALS) process.on(signal, stop)
  return {
    running(started) {
      node = started
    },
  }
}

let isFailing = false

/** A failure of the program itself: what can be stored is stored, then the process ends. */
function fail(text: string, node: RunningNode | undefined, log: SystemLog): void {
  log.error('internal_error', { stack: text })
  if (isFailing) return
  isFailing = true
  process.exitCode = ExitCode.INTERNAL
  setTimeout(() => process.exit(), FAILURE_LIMIT_MS).unref()
  void (node?.stop() ?? Promise.resolve()).finally(() => process.exit())
}
