import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { printHocon } from '#config/hocon/print.ts'
import type { Plain } from '#config/hocon/value.ts'
import type { ConfigTurn } from '../config/config-changes.ts'
import type { ConfigEdit } from '../config-port.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest } from '../http/api-error.ts'
import type { Archive } from './archive.ts'
import { messageOf, RestoreError, restoreTables } from './restore-tables.ts'
import type { TableSet } from './table-set.ts'
import type { TableRow } from './table-rows.ts'
import { tableSets } from './table-sets.ts'
import { validParts } from './valid-parts.ts'
import { waitingUsers } from './waiting-users.ts'
import { isGroup, type Written } from './written.ts'

/**
 * Takes over what is in a backup: configuration, files, tables; all that is valid or nothing. What
 * exists under the same names is replaced, everything else stays.
 * @returns what could not be taken over, and why
 * @throws ApiError 400 when it cannot be taken over, 503 when the store does not take it; nothing
 * has changed then
 */
export async function restoreBackup(
  context: ManagementContext,
  turn: ConfigTurn,
  archive: Archive,
): Promise<readonly string[]> {
  const { node } = context
  const { files, tables, remarks } = archive
  const sets = tableSets(context).filter(({ name }) => tables.has(name))
  for (const set of sets) checkSet(set, tables.get(set.name) ?? [])
  const replaced = new ReplacedFiles(node.dataDir)
  const before = node.config.snapshot()
  const warnings = await undoing(
    async () => {
      for (const [name, content] of files) await replaced.put(name, content)
      // What a root names has to be there for it to be valid.
      const here = withFilesHere(archive, node.dataDir)
      const { config, warnings } = validParts((part) => node.config.plan(toEdit(part)), here)
      await turn.edit(toEdit(config))
      return warnings
    },
    () => replaced.takeBack(),
  )
  const passedOver = await undoing(
    async () => {
      // Where only a file is another one, the configuration is the same.
      await node.reload()
      return restoreTables(sets, tables)
    },
    async () => {
      await replaced.takeBack()
      await turn.edit({ kind: 'overlay', text: before })
      await node.reload()
    },
  )
  const users = tables.get('builtin_authn') ?? []
  const waiting = waitingUsers(node.config.current, users as readonly TableRow<'builtin_authn'>[])
  return [...warnings, ...passedOver, ...waiting, ...remarks]
}

/**
 * Does something, and takes it back when it fails.
 * @throws ApiError 400 or 503 for tables that were not taken, 503 with both reasons when it cannot
 * be taken back; else what `work` throws
 */
export async function undoing<Result>(work: () => Promise<Result>, undo: () => Promise<void>) {
  try {
    return await work()
  } catch (error) {
    const failure = await undo().then(
      () => undefined,
      (cause: unknown) => cause,
    )
    if (failure !== undefined) {
      const message =
        `The backup cannot be taken over: ${messageOf(error)}. Not all could be taken back: ` +
        `${messageOf(failure)}. Compare files, configuration and tables with the backup.`
      throw new ApiError(503, 'SERVICE_UNAVAILABLE', message)
    }
    if (!(error instanceof RestoreError)) throw error
    const message = `Nothing was taken over. ${error.message}.`
    throw error.isRefusal ? badRequest(message) : new ApiError(503, 'SERVICE_UNAVAILABLE', message)
  }
}

function checkSet({ name, check }: TableSet, rows: readonly unknown[]): void {
  try {
    check?.(rows)
  } catch (error) {
    throw badRequest(`${name}: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** Files of the data directory that others took the place of, until that is certain. */
class ReplacedFiles {
  readonly #dataDir: string
  /** Undefined: there was none. */
  readonly #before = new Map<string, Buffer | undefined>()

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  async put(name: string, content: Buffer): Promise<void> {
    const path = join(this.#dataDir, name)
    const before = existsSync(path) ? readFileSync(path) : undefined
    if (before?.equals(content) === true) return
    this.#before.set(path, before)
    await write(path, content)
  }

  async takeBack(): Promise<void> {
    for (const [path, content] of this.#before) {
      if (content === undefined) await rm(path, { force: true })
      else await write(path, content)
    }
  }
}

async function write(path: string, content: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.new`, content, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
}

/** The configuration with the files of the archive where they are on this node. */
function withFilesHere({ config, dataDir, files }: Archive, here: string): Written {
  if (dataDir === undefined) return config
  const moved = new Map([...files.keys()].map((name) => [join(dataDir, name), join(here, name)]))
  const move = (value: Plain): Plain => {
    if (typeof value === 'string') return moved.get(normalize(value)) ?? value
    if (Array.isArray(value)) return value.map(move)
    return isGroup(value) ? moveAll(value) : value
  }
  const moveAll = (group: Written): Written => {
    return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, move(value)]))
  }
  return moveAll(config)
}

function toEdit(written: Written): ConfigEdit {
  return { kind: 'text', text: printHocon(written), replace: true, without: [] }
}
