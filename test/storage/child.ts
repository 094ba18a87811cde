import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** What becomes of what a child writes to stderr: thrown away, or for the test to read. */
type Stderr = 'ignore' | 'pipe'

/** Starts a file of the repository as a process of its own that talks over IPC. */
export function startChild(
  file: URL,
  args: readonly string[],
  stderr: Stderr = 'ignore',
): ChildProcess {
  return startCommand(process.execPath, [file.pathname, ...args], stderr)
}

/** Starts any command that becomes such a process. */
export function startCommand(
  command: string,
  args: readonly string[],
  stderr: Stderr = 'ignore',
): ChildProcess {
  return spawn(command, args, { stdio: ['ignore', 'inherit', stderr, 'ipc'] })
}

/** The next message of a child; fails when it ends instead. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the child ended: code ${String(code)}, signal ${String(signal)}`)
    }),
  ])
  return message
}

/** Ends a child without asking, and waits until it has. */
export async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
