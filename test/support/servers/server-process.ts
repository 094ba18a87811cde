/** Real servers of other projects that run for a test: on free ports, in folders of their own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { killAtExit } from '../../interop/kill-at-exit.ts'

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 20_000
const START_TRIES_MAX = 8
const RETRY_AFTER_MS = 150
const CHECK_AFTER_MS = 5
const LINES_MAX = 5000
const LINES_SHOWN_MAX = 30
/** Below the ports that the system gives to outgoing connections: nobody takes it meanwhile. */
const PORT_FIRST = 20_000
const PORT_COUNT = 12_000
const PORT_TRIES_MAX = 100

/** Servers refuse to run as root; then they run as this user. */
const PLAIN_USER = { name: 'nobody', group: 'nogroup', uid: 65_534, gid: 65_534 } as const

const isRoot = process.getuid?.() === 0

/** What a test that was broken off leaves behind. */
const folders = new Set<string>()
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** Where a server lives. */
export interface ServerPlace {
  readonly folder: string
  readonly port: number
}

/** How a server is run. */
export interface ServerProgram {
  readonly name: string
  readonly command: string
  readonly args: (place: ServerPlace) => readonly string[]
  readonly env?: (place: ServerPlace) => Readonly<Record<string, string>>
  /** The line of its output that says that it serves. */
  readonly ready: RegExp
  /** A line of its output after which starting it again helps. */
  readonly busy?: RegExp
  /** Ends it in order. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
  /** Makes its data, once. */
  readonly prepare?: (place: ServerPlace) => Promise<void>
}

/** One server. It is killed with the test process at the latest; `remove` cleans up. */
export class ServerProcess {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly folder: string
  /** What it wrote, of all its runs. */
  readonly lines: string[] = []
  readonly #program: ServerProgram
  #child: ChildProcess | undefined

  private constructor(program: ServerProgram, place: ServerPlace) {
    this.#program = program
    this.port = place.port
    this.folder = place.folder
  }

  /** Makes the data of a new server and starts it. */
  static async launch(program: ServerProgram, port?: number): Promise<ServerProcess> {
    const place = { folder: makeFolder(program.name), port: port ?? (await freePort()) }
    const server = new ServerProcess(program, place)
    try {
      await program.prepare?.(place)
      await server.start()
    } catch (error) {
      await server.remove()
      throw error
    }
    return server
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  /** Starts it over its data, on its port, and waits until it serves. */
  async start(): Promise<void> {
    for (let attempt = 1; this.#child === undefined; attempt++) {
      const before = this.lines.length
      try {
        await this.#startOnce()
      } catch (error) {
        const said = this.lines.slice(before)
        const isBusy = said.some((line) => this.#program.busy?.test(line) ?? false)
        if (!isBusy || attempt === START_TRIES_MAX) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS))
      }
    }
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    await this.#end(this.#program.stopSignal ?? 'SIGTERM')
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Kills it and starts it again over the same data on the same port. */
  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** It hangs: connections are accepted by the system, nothing is answered. */
  pause(): void {
    for (const pid of this.#processes()) {
      signalTo(pid, 'SIGSTOP')
      while (statusOf(pid)?.state === 'R' || statusOf(pid)?.state === 'S'); // Until it has stopped.
    }
  }

  /** Ends `pause`. */
  resume(): void {
    for (const pid of this.#processes()) signalTo(pid, 'SIGCONT')
  }

  /** Kills it if it runs and removes its data. */
  async remove(): Promise<void> {
    if (this.#child !== undefined) await this.kill()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
    folders.delete(this.folder)
  }

  async #startOnce(): Promise<void> {
    const { command, args, env, ready, name } = this.#program
    const place = { folder: this.folder, port: this.port }
    const [program, words] = asPlainUser(command, args(place), true)
    const child = spawn(program, words, {
      cwd: this.folder,
      env: { ...process.env, HOME: this.folder, ...env?.(place) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    killAtExit(child)
    await new Promise<void>((resolve, reject) => {
      const failed = (why: string) => {
        clearTimeout(timer)
        child.kill('SIGKILL')
        const last = this.lines.slice(-LINES_SHOWN_MAX).join('\n')
        reject(new Error(`${name} on port ${this.port} ${why}:\n${last}`))
      }
      const timer = setTimeout(failed, START_LIMIT_MS, 'did not start in time')
      child.once('error', (error) => failed(error.message))
      child.once('close', (code, signal) => failed(`ended with ${code ?? signal}`))
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on('line', (line) => {
          if (this.lines.length < LINES_MAX) this.lines.push(line)
          if (!ready.test(line)) return
          clearTimeout(timer)
          resolve()
        })
      }
    })
    this.#child = child
    setWaitedFor(child, false)
    await this.#listening(true) // Some say that they are ready a moment before they are.
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    setWaitedFor(child, true)
    const exited = once(child, 'exit', { signal: AbortSignal.timeout(STOP_LIMIT_MS) })
    const started = descendants(child.pid)
    for (const pid of started) signalTo(pid, signal === 'SIGKILL' ? signal : 'SIGCONT')
    child.kill(signal)
    await exited
    for (const pid of started) signalTo(pid, 'SIGKILL') // What it left behind.
    await this.#listening(false)
    setWaitedFor(child, false)
  }

  /** Waits until connections are accepted, or are not. */
  async #listening(isWanted: boolean): Promise<void> {
    const endsAtMs = performance.now() + STOP_LIMIT_MS
    while ((await isAccepted(this.host, this.port)) !== isWanted) {
      const state = isWanted ? 'does not listen' : 'still listens'
      if (performance.now() > endsAtMs) throw new Error(`${this.#program.name} ${state}`)
      await new Promise((resolve) => setTimeout(resolve, CHECK_AFTER_MS))
    }
  }

  #processes(): readonly number[] {
    if (this.#child === undefined) throw new Error(`${this.#program.name} does not run`)
    return descendants(this.#child.pid)
  }
}

/** What a failed test leaves running keeps nobody waiting. */
function setWaitedFor(child: ChildProcess, isWaitedFor: boolean): void {
  const streams = [child.stdout, child.stderr].filter((stream) => stream instanceof Socket)
  for (const one of [child, ...streams]) {
    if (isWaitedFor) one.ref()
    else one.unref()
  }
}

/** Whether anybody accepts connections there. */
export async function isAccepted(host: string, port: number): Promise<boolean> {
  const stream = connect(port, host)
  try {
    await once(stream, 'connect')
    return true
  } catch {
    return false
  } finally {
    stream.destroy()
  }
}

/** A process and all that it started, itself first. */
function descendants(pid: number | undefined): readonly number[] {
  if (pid === undefined) return []
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? statusOf(Number(name))?.parent : undefined
    if (parent !== undefined) parents.set(Number(name), parent)
  }
  const found = [pid]
  for (const one of found) {
    for (const [child, parent] of parents) if (parent === one) found.push(child)
  }
  return found
}

function statusOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state = '', parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return undefined // It has ended.
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

/** Runs a program to its end, as the user that the server runs as. */
export async function runTool(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [program, words] = asPlainUser(command, args, false)
  const options = { env: { ...process.env, ...env }, cwd: '/' }
  const { stdout } = await promisify(execFile)(program, words, options)
  return stdout
}

/** The command line for a user without rights; the server ends when the test process does. */
function asPlainUser(
  command: string,
  args: readonly string[],
  endsWithParent: boolean,
): [string, readonly string[]] {
  const { name, group } = PLAIN_USER
  const user = isRoot ? ['--reuid', name, '--regid', group, '--clear-groups'] : []
  const end = endsWithParent ? ['--pdeathsig', 'KILL'] : []
  const words = [...user, ...end]
  return words.length === 0 ? [command, args] : ['setpriv', [...words, '--', command, ...args]]
}

/** A new folder under the system's folder for temporary files that the server may write to. */
function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `tideway-${name}-`))
  folders.add(folder)
  giveToServer(folder)
  return folder
}

/** Lets the server, which may run as another user, read and write a file or folder. */
export function giveToServer(path: string): void {
  if (isRoot) chownSync(path, PLAIN_USER.uid, PLAIN_USER.gid)
}

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_TRIES_MAX; attempt++) {
    const port = PORT_FIRST + Math.floor(Math.random() * PORT_COUNT)
    if (await isFree(port)) return port
  }
  throw new Error('no free port found')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
