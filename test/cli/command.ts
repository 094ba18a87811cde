import { makeCtlCommand } from '#cli/ctl/ctl-command.ts'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(import.meta.resolve('#cli/main.ts'))
const LIMIT_MS = 30_000

/** How a command ended. */
export interface CommandEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `tideway <args>` to its end. */
export async function tideway(
  args: readonly string[],
  { input, cwd }: { readonly input?: string; readonly cwd?: string } = {},
): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const options = { timeout: LIMIT_MS, ...(cwd === undefined ? {} : { cwd }) }
    const child = execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1)
      resolve({ code, stdout: stdout.toString(), stderr: stderr.toString() })
    })
    child.stdin?.end(input ?? '')
  })
}

/** A command that goes on until it has seen enough. */
export class RunningCommand {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#ended = once(this.#child, 'close')
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
    })
  }

  /** Waits for a text among what it tells about itself. */
  async told(text: string): Promise<void> {
    let told = ''
    const { stderr } = this.#child
    if (stderr === null) throw new Error('the command has no output')
    for await (const chunk of stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      told += String(chunk)
      if (told.includes(text)) return
    }
    throw new Error(`it ended without "${text}": ${told}`)
  }

  /** What it printed, when it has ended by itself. */
  async output(): Promise<string> {
    await this.#ended
    return this.#output
  }
}

/**
 * Runs a command of `tideway ctl` in this process, which takes milliseconds, and returns what it
 * printed. Rejects with what it complains of. One at a time.
 */
export async function ctlHere(args: readonly string[]): Promise<string> {
  const printed: string[] = []
  const complaints: string[] = []
  const { log, error } = console
  console.log = (text: string) => void printed.push(`${text}\n`)
  console.error = (text: string) => void complaints.push(text)
  try {
    await makeCtlCommand().parseAsync([...args], { from: 'user' })
  } finally {
    Object.assign(console, { log, error })
    process.exitCode = undefined
  }
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  return printed.join('')
}
