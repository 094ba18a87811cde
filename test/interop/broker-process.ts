import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { killAtExit } from './kill-at-exit.ts'

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const START_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 30_000
const LINES_MAX = 10_000

/** Where the listeners of the defaults go in a test: this host, ports that the system chooses. */
const TEST_CONFIG = `
  node.shards = 2
  dashboard.listeners.http.bind = 0
  listeners.tcp.default.bind = "127.0.0.1:0"
  listeners.ssl.default.bind = "127.0.0.1:0"
  listeners.ws.default.bind = "127.0.0.1:0"
  listeners.wss.default.bind = "127.0.0.1:0"
  log.console { level = info, formatter = json }
`

/** A line of the log of the broker. */
export interface LogLine {
  readonly msg: string
  readonly [field: string]: unknown
}

/**
 * The broker as people run it: a process of its own over a data directory. Killed with the test
 * process at the latest.
 */
export class BrokerProcess {
  readonly folder: string
  /** Everything that the process wrote, of all runs. */
  readonly lines: string[] = []
  readonly #config: string
  readonly #ports = new Map<string, number>()
  #child: ChildProcess | undefined

  private constructor(config: string) {
    this.#config = config
    this.folder = mkdtempSync(join(tmpdir(), 'tideway-interop-'))
  }

  /** Starts a broker with `config` over the configuration of a test. */
  static async start(config = ''): Promise<BrokerProcess> {
    const broker = new BrokerProcess(config)
    await broker.start()
    return broker
  }

  get dataDir(): string {
    return join(this.folder, 'data')
  }

  /** File with the authority that signed the certificate of the TLS listeners. */
  get caFile(): string {
    return join(this.dataDir, 'certs', 'ca.pem')
  }

  /** Port of a listener by its id, such as `tcp:default`. */
  port(listener: string): number {
    const port = this.#ports.get(listener)
    if (port === undefined) throw new Error(`no listener ${listener}: ${this.lines.join('\n')}`)
    return port
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the broker does not run')
    return pid
  }

  /** Starts the process, again on the ports it had before, and waits until it serves. */
  async start(): Promise<void> {
    const file = join(this.folder, 'tideway.conf')
    writeFileSync(file, `${TEST_CONFIG}\n${this.#config}\n${this.#samePorts()}`)
    const args = ['src/app/main.ts', '--config', file, '--data-dir', this.dataDir]
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    killAtExit(child)
    createInterface(child.stderr).on('line', (line) => this.#keep(line))
    await new Promise<void>((resolve, reject) => {
      const failed = (why: string) => reject(new Error(`${why}: ${this.lines.join('\n')}`))
      const timer = setTimeout(failed, START_LIMIT_MS, 'the broker did not start in time')
      child.once('exit', (code) => failed(`the broker ended with code ${code}`))
      createInterface(child.stdout).on('line', (line) => {
        this.#keep(line)
        if (!this.#read(line)) return
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Ends the process as a power cut would: nothing is said, nothing is stored. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Ends the process in order and returns its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null
    const exited = once(child, 'exit', { signal: AbortSignal.timeout(STOP_LIMIT_MS) })
    child.kill('SIGTERM')
    const [code] = (await exited) as [number | null]
    return code
  }

  /** Kills the process if it runs and removes what it kept. */
  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #samePorts(): string {
    return [...this.#ports]
      .map(([id, port]) => `listeners.${id.replace(':', '.')}.bind = "127.0.0.1:${port}"`)
      .join('\n')
  }

  #keep(line: string): void {
    if (this.lines.length < LINES_MAX) this.lines.push(line)
  }

  /** True when the line says that the broker serves. */
  #read(text: string): boolean {
    const line = parseLine(text)
    if (line?.msg === 'listener_started') {
      const { listener, bind } = line
      this.#ports.set(String(listener), Number(String(bind).split(':').at(-1)))
    }
    return line?.msg === 'tideway is running'
  }
}

function parseLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    return undefined
  }
}

/** What the owner of this machine has set for a broker of his own is not for this one. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(?:TIDEWAY|EMQX)_/.test(name))
  return Object.fromEntries(entries)
}
