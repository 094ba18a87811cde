import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer, connect } from 'node:net'
import { once } from 'node:events'

const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 15_000
const RETRY_MS = 20
const OUTPUT_CHARACTERS_MAX = 4000

/** A process that was started for the comparison. */
export interface StartedProcess {
  readonly pid: number
  /** How it ended by itself, with what it wrote last; undefined while it runs. */
  ended(): string | undefined
  stop(): Promise<void>
}

/** How processes are started on this machine. */
export interface Launcher {
  /** Cores for the brokers, as `taskset -c` takes them; undefined: no pinning. */
  readonly cores: string | undefined
}

/**
 * Starts a program with as many file descriptors as the system allows, and waits for its port.
 * @throws an Error with what the program wrote when it ends before, or takes too long
 */
export async function startProcess(
  command: readonly string[],
  port: number,
  { cores }: Launcher,
): Promise<StartedProcess> {
  const pinned = cores === undefined ? command : ['taskset', '-c', cores, ...command]
  // Every step replaces itself, so that the process identifier is that of the program.
  const script = 'ulimit -n "$(ulimit -Hn)"; exec "$@"'
  const child = spawn('sh', ['-c', script, 'sh', ...pinned], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (text: Buffer): void => {
    output = (output + text.toString()).slice(-OUTPUT_CHARACTERS_MAX)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  try {
    await waitForPort(port, child)
  } catch (error) {
    child.kill('SIGKILL')
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${command.slice(0, 3).join(' ')}: ${reason}\n${output}`, { cause: error })
  }
  return {
    pid: child.pid ?? 0,
    ended() {
      const { exitCode, signalCode } = child
      if (exitCode === null && signalCode === null) return undefined
      return `the broker ended (${signalCode ?? exitCode}): ${output.trim()}`
    },
    stop: () => stopChild(child),
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await exited
  clearTimeout(limit)
}

async function waitForPort(port: number, child: ChildProcess): Promise<void> {
  const endsAtMs = performance.now() + START_LIMIT_MS
  while (performance.now() < endsAtMs) {
    if (child.exitCode !== null) throw new Error(`ended with code ${child.exitCode}`)
    if (await isOpen(port)) return
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
  throw new Error(`port ${port} was not open after ${START_LIMIT_MS / 1000} s`)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** A port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** What a program prints first, such as its version; undefined when it is not installed. */
export function firstLine(command: string, args: readonly string[]): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, [...args], { encoding: 'utf8' })
  if (error !== undefined) return undefined
  return `${stdout}${stderr}`.split('\n')[0]
}
