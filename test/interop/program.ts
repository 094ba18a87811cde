import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { killAtExit } from './kill-at-exit.ts'

const LIMIT_MS = 30_000
const LINES_MAX = 100_000

/** How a program ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A foreign program that runs for a test. Killed with the test process at the latest. */
export class Program {
  /** Lines of standard output and standard error, as they came. */
  readonly lines: string[] = []
  readonly #name: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<Ending>
  readonly #watchers = new Set<() => void>()

  constructor(command: string, args: readonly string[], input?: string | Uint8Array) {
    this.#name = [command, ...args].join(' ')
    this.#child = spawn(command, [...args])
    this.#child.stdin.on('error', () => {}) // It may end without reading.
    this.#child.stdin.end(input)
    killAtExit(this.#child)
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal })
        this.#changed()
      })
    })
    this.#ended.catch(() => this.#changed()) // Told to whoever waits for the end.
    // What a failed test leaves running keeps nobody waiting.
    this.#child.unref()
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream instanceof Socket) stream.unref()
      createInterface(stream).on('line', (line) => this.#take(line))
    }
  }

  /** The first `count` lines that match, once they are there. */
  async matches(pattern: RegExp, count = 1): Promise<readonly string[]> {
    const find = () => this.lines.filter((line) => pattern.test(line))
    const isOver = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    await new Promise<void>((resolve, reject) => {
      const settle = (result: () => void) => {
        clearTimeout(timer)
        this.#watchers.delete(check)
        result()
      }
      const fail = (why: string) => settle(() => reject(this.#error(why)))
      const timer = setTimeout(() => fail(`no ${count} × ${pattern} in time`), LIMIT_MS)
      const check = () => {
        if (find().length >= count) settle(resolve)
        else if (isOver()) fail(`ended without ${count} × ${pattern}`)
      }
      this.#watchers.add(check)
      check()
    })
    return find().slice(0, count)
  }

  /** The first line that matches, once it is there. */
  async line(pattern: RegExp): Promise<string> {
    const [first = ''] = await this.matches(pattern)
    return first
  }

  /** Waits for the end. */
  async ended(): Promise<Ending> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS)
    try {
      return await this.#ended
    } finally {
      clearTimeout(timer)
    }
  }

  /** Waits for an end with code 0 and returns all lines. */
  async succeeded(): Promise<readonly string[]> {
    const { code, signal } = await this.ended()
    if (code !== 0) throw this.#error(`ended with ${code ?? signal}`)
    return this.lines
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending> {
    this.#child.kill(signal)
    return this.ended()
  }

  #take(line: string): void {
    if (this.lines.length < LINES_MAX) this.lines.push(line)
    this.#changed()
  }

  #changed(): void {
    for (const check of this.#watchers) check()
  }

  #error(why: string): Error {
    return new Error(`${this.#name}: ${why}\n${this.lines.join('\n')}`)
  }
}

/** Runs a program to its end, which has to be code 0, and returns its lines. */
export function runProgram(
  command: string,
  args: readonly string[],
  input?: string,
): Promise<readonly string[]> {
  return new Program(command, args, input).succeeded()
}
