import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ListenersFile } from '#app/run-files.ts'

const MAIN = fileURLToPath(import.meta.resolve('#app/main.ts'))
const RUNNING = 'tideway is running'
/** Output of a broker that is kept for failures; the rest of a chatty one is dropped. */
const OUTPUT_CHARS_MAX = 2_000_000
/** Unit of processor times under /proc on every Linux in use. */
const CLOCK_TICK_MS = 10
const ULIMIT_BLOCK_BYTES = 512
const START_LIMIT_MS = 60_000
const LOOK_MS = 5

/** How a broker is started. */
export interface ProcessOptions {
  readonly dataDir: string
  readonly shards?: number
  /** Configuration in HOCON over that of all tests. */
  readonly config?: string
  /** Options for Node.js, before the program. */
  readonly nodeOptions?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Largest size of any file that it writes, until `liftFileLimit`. */
  readonly fileBytesMax?: number
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The broker as its users run it: a process of its own, over a data directory. */
export class BrokerProcess {
  readonly #child: ChildProcess
  readonly dataDir: string
  readonly ended: Promise<ProcessEnd>
  #ports: ReadonlyMap<string, number>
  #output: string
  #watchers: Set<() => void>

  private constructor(child: ChildProcess, dataDir: string) {
    this.#child = child
    this.dataDir = dataDir
    this.#ports = new Map()
    this.#output = ''
    this.#watchers = new Set()
    this.ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
    living.add(this)
    void this.ended.then(() => {
      living.delete(this)
      this.#notify()
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    }
  }

  /** Starts the program and does not wait for it. */
  static spawn(options: ProcessOptions): BrokerProcess {
    const { dataDir, nodeOptions = [], env = {}, fileBytesMax } = options
    const file = join(dataDir, '..', 'tideway.conf')
    writeFileSync(file, configOf(options))
    const program = [
      process.execPath,
      ...nodeOptions,
      MAIN,
      '--config',
      file,
      '--data-dir',
      dataDir,
    ]
    const limit = `ulimit -S -f ${(fileBytesMax ?? 0) / ULIMIT_BLOCK_BYTES} && exec "$@"`
    const [command = '', ...args] =
      fileBytesMax === undefined ? program : ['sh', '-c', limit, 'sh', ...program]
    const child = spawn(command, args, {
      cwd: join(dataDir, '..'),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    return new BrokerProcess(child, dataDir)
  }

  /** Starts the program and waits until it serves clients. */
  static async start(options: ProcessOptions): Promise<BrokerProcess> {
    const broker = BrokerProcess.spawn(options)
    await broker.ready()
    return broker
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Everything written to its standard output and standard error so far. */
  get output(): string {
    return this.#output
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Waits until clients are served; fails when the process ends instead. */
  async ready(): Promise<void> {
    await this.waitForOutput(RUNNING, START_LIMIT_MS)
    if (!this.#readPorts()) throw new Error("the listeners' file is not there, or not of ours")
  }

  /** Waits until the ports are open, which they are before the stored sessions are loaded. */
  async portsOpen(): Promise<void> {
    const endsAtMs = performance.now() + START_LIMIT_MS
    while (!this.#readPorts()) {
      if (this.hasEnded || performance.now() > endsAtMs) throw new Error(this.#output)
      await pause(LOOK_MS)
    }
  }

  /** It has said that it serves clients. */
  get isRunning(): boolean {
    return this.#output.includes(RUNNING)
  }

  /** Port of a listener, by its id. */
  port(listener = 'tcp:default'): number {
    const port = this.#ports.get(listener)
    if (port === undefined) throw new Error(`there is no listener ${listener}:\n${this.#output}`)
    return port
  }

  /** Waits until the output holds a text. */
  waitForOutput(text: string, limitMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        done()
        reject(new Error(`${why} before it wrote "${text}":\n${this.#output}`))
      }
      const timer = setTimeout(() => fail(`${limitMs} ms went by`), limitMs)
      const done = (): void => {
        clearTimeout(timer)
        this.#watchers.delete(look)
      }
      const look = (): void => {
        if (this.#output.includes(text)) {
          done()
          resolve()
        } else if (this.hasEnded) fail('the broker ended')
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** Kills it as `kill -9` does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Asks it to stop, and waits until it is gone. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    this.#child.kill(signal)
    return this.ended
  }

  /** Sends a signal and goes on. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Lets its files grow again. */
  liftFileLimit(): void {
    execFileSync('prlimit', ['--pid', String(this.pid), '--fsize=unlimited'])
  }

  /** Processor time it has used so far, in ms. */
  processorMs(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS
  }

  /** Files and sockets it has open. */
  openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length
  }

  /** Waits until it has no more files and sockets open than so many. */
  async untilOpenFiles(most: number, limitMs = 10_000): Promise<void> {
    const endsAtMs = performance.now() + limitMs
    while (this.openFiles() > most) {
      if (performance.now() > endsAtMs) {
        throw new Error(`${this.openFiles()} files are open, there were ${most}`)
      }
      await pause(LOOK_MS)
    }
  }

  /** Memory it has in RAM at the moment, in bytes. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
  }

  /** False while its file of listeners is not there. */
  #readPorts(): boolean {
    const file = join(this.dataDir, 'tideway.listeners.json')
    if (!existsSync(file)) return false
    const { pid, listeners } = JSON.parse(readFileSync(file, 'utf8')) as ListenersFile
    if (pid !== this.pid) return false
    this.#ports = new Map(listeners.map(({ id, port }) => [id, port]))
    return true
  }

  #read(text: string): void {
    if (this.#output.length < OUTPUT_CHARS_MAX) this.#output += text
    this.#notify()
  }

  #notify(): void {
    for (const look of this.#watchers) look()
  }
}

/** Brokers that have not ended. */
const living = new Set<BrokerProcess>()

/**
 * A folder for one test, removed at its end with everything that runs in it. The data directory is
 * `data` in it. When the test failed, what its brokers wrote is shown.
 */
export function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-e2e-'))
  context.after(async () => {
    await killBrokers(context, folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  return folder
}

/** Ends the brokers whose data is somewhere in a folder. */
export async function killBrokers(context: TestContext, folder: string): Promise<void> {
  for (const broker of living) {
    if (!broker.dataDir.startsWith(folder)) continue
    if (!context.passed) context.diagnostic(broker.output)
    await broker.kill()
  }
}

function configOf({ shards = 1, config = '' }: ProcessOptions): string {
  return `
    node.shards = ${shards}
    dashboard.listeners.http.bind = 0
    listeners.tcp.default.bind = "127.0.0.1:0"
    listeners.ssl.default.enable = false
    listeners.ws.default.enable = false
    listeners.wss.default.enable = false
    ${config}
  `
}
