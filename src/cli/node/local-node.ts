import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a node writes into its data directory about itself. */
interface ListenersFile {
  readonly pid: number
  readonly listeners: readonly {
    readonly id: string
    readonly host: string
    readonly port: number
  }[]
}

/** A node that runs on this host. */
export interface LocalNode {
  readonly pid: number
  readonly dataDir: string
  readonly listeners: ListenersFile['listeners']
}

/** The data directory: an option, the environment, or `data` here. */
export function dataDirectory(given?: string): string {
  const { TIDEWAY_NODE__DATA_DIR: ours, EMQX_NODE__DATA_DIR: theirs } = process.env
  return given ?? ours ?? theirs ?? 'data'
}

/** The node over a data directory; undefined when none runs. */
export function findLocalNode(given?: string): LocalNode | undefined {
  const dataDir = dataDirectory(given)
  try {
    const text = readFileSync(join(dataDir, 'tideway.listeners.json'), 'utf8')
    const { pid, listeners } = JSON.parse(text) as ListenersFile
    return isRunning(pid) ? { pid, dataDir, listeners } : undefined
  } catch {
    return undefined // No file, no node.
  }
}

/** Where the local node listens for clients of a transport. */
export function findLocalListener(
  transport: string,
): { readonly host: string; readonly port: number } | undefined {
  const found = findLocalNode()?.listeners.find(({ id }) => id.startsWith(`${transport}:`))
  if (found === undefined) return undefined
  const isWildcard = found.host === '0.0.0.0' || found.host === '::'
  return { host: isWildcard ? 'localhost' : found.host, port: found.port }
}

/** Whether a process lives, our own or somebody else's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
