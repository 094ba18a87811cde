import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { parseInteger } from '../client/parse-option.ts'
import { findLocalNode, isRunning, type LocalNode } from './local-node.ts'

/** A program of its own: nothing of it is loaded here. */
const MAIN = join(fileURLToPath(new URL('../../../', import.meta.url)), 'src', 'app', 'main.ts')
const LOOK_EVERY_MS = 50
const WAIT_SECONDS_MAX = 86_400
/** Exit code of `tideway status` when no node runs, as service managers know it. */
const NOT_RUNNING = 3

interface NodeFlags {
  readonly dataDir?: string
  readonly wait: number
}

interface StartFlags extends NodeFlags {
  readonly config?: string
  readonly background?: boolean
}

function command(name: string, text: string): Command {
  return new Command(name)
    .description(text)
    .option('-d, --data-dir <dir>', 'data directory of the node (default: data)')
    .option('-W, --wait <s>', 'wait so long for it', parseInteger(1, WAIT_SECONDS_MAX), 60)
}

/** `tideway start`, `stop` and `status`: the node on this host. */
export function makeNodeCommands(): readonly Command[] {
  return [
    command('start', 'Run a node in this terminal, or in the background')
      .option('-c, --config <file>', 'configuration file (default: etc/tideway.conf)')
      .option('-b, --background', 'go on when this terminal is closed; output to tideway.log')
      .action(start),
    command('stop', 'Stop the node on this host').action(stop),
    command('status', 'Say whether a node runs on this host, and where it listens')
      .option('--json', 'as JSON')
      .action(status),
  ]
}

async function start({ config, dataDir, background, wait }: StartFlags): Promise<void> {
  const running = findLocalNode(dataDir)
  if (running !== undefined) throw new Error(`a node runs already, process ${running.pid}`)
  const args = [
    MAIN,
    ...(config === undefined ? [] : ['--config', config]),
    ...(dataDir === undefined ? [] : ['--data-dir', dataDir]),
  ]
  if (background === true) await startInBackground(args, dataDir, wait)
  else await runHere(args)
}

async function runHere(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => child.kill(signal))
  }
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('exit', (code) => resolve(code ?? 1))
  })
}

async function startInBackground(
  args: readonly string[],
  dataDir: string | undefined,
  waitSeconds: number,
): Promise<void> {
  const logPath = join(process.cwd(), 'tideway.log')
  const log = openSync(logPath, 'a')
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  let isOver = false
  child.on('exit', () => {
    isOver = true
  })
  child.unref()
  const node = await waitFor(waitSeconds, () => (isOver ? 'ended' : findLocalNode(dataDir)))
  if (node === undefined)
    throw new Error(`it does not serve after ${waitSeconds} s; see ${logPath}`)
  if (node === 'ended') {
    throw new Error(`it ended at once:\n${readFileSync(logPath, 'utf8').slice(-2_000)}`)
  }
  show(node)
}

async function stop({ dataDir, wait }: NodeFlags): Promise<void> {
  const node = findLocalNode(dataDir)
  if (node === undefined) {
    console.log('no node runs here')
    return
  }
  process.kill(node.pid, 'SIGTERM')
  const gone = await waitFor(wait, () => !isRunning(node.pid) || undefined)
  if (gone === undefined) throw new Error(`process ${node.pid} still runs after ${wait} s`)
  console.log(`stopped, process ${node.pid}`)
}

function status({ dataDir, json }: NodeFlags & { readonly json?: boolean }): void {
  const node = findLocalNode(dataDir)
  if (node === undefined) {
    console.log(json === true ? '{"running":false}' : 'no node runs here')
    process.exitCode = NOT_RUNNING
  } else if (json === true) console.log(JSON.stringify({ running: true, ...node }))
  else show(node)
}

function show({ pid, dataDir, listeners }: LocalNode): void {
  console.log(`tideway runs, process ${pid}, data in ${dataDir}`)
  for (const { id, host, port } of listeners) console.log(`  ${id.padEnd(16)} ${host}:${port}`)
}

async function waitFor<T>(seconds: number, look: () => T | undefined): Promise<T | undefined> {
  const endMs = performance.now() + seconds * 1000
  for (;;) {
    const found = look()
    if (found !== undefined || performance.now() > endMs) return found
    await pause(LOOK_EVERY_MS)
  }
}
