import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  getConfigDiff,
  getConfigKeys,
  getConfigs,
  getConfigVersion,
  listConfigHistory,
  planConfigs,
  putConfigs,
  rollBackConfig,
} from '#management/contract/configs.ts'
import { Command } from 'commander'
import { makeCommand, restCommand } from '../rest/rest-command.ts'
import { showTable } from '../rest/show.ts'

const MAIN = join(fileURLToPath(new URL('../../../', import.meta.url)), 'src', 'app', 'main.ts')
const CHANGE_COLUMNS = ['key', 'before', 'after', 'effect']

interface Changes {
  readonly changes: readonly object[]
  readonly waits_for_restart: boolean
}

/** `tideway config`: the configuration of a node that runs, and of files. */
export function makeConfigCommand(): Command {
  const config = new Command('config').description('Show, explain, check and change configuration')
  config.addCommand(makeValidate())
  for (const command of [...reading, ...changing]) config.addCommand(makeCommand(command))
  return config
}

/** Shows the configuration. */
export const showConfig = restCommand({
  usage: 'show [key]',
  text: 'What holds, as HOCON',
  run: (client, [key], { json }): Promise<string> => {
    const query = { ...(key !== undefined && { key }) }
    if (json !== true) return client.text('/configs', query)
    return client.call<typeof getConfigs>('GET', '/configs', { query })
  },
  show: (hocon) => console.log(hocon.trimEnd()),
})

/** Takes a file of configuration over. */
export const applyFile = restCommand({
  usage: 'apply <file>',
  text: 'Change what a file holds; all of it or nothing',
  options: [['--replace', 'forget what was changed of its roots before']],
  run: (client, [file = ''], { replace }): Promise<Changes> => {
    const body = readFileSync(file, 'utf8')
    const query = { mode: replace === true ? ('replace' as const) : ('merge' as const) }
    return client.call<typeof putConfigs>('PUT', '/configs', { query, body })
  },
  show: showChanges,
})

const reading = [
  showConfig,
  restCommand({
    usage: 'explain <key>',
    text: 'Keys at and below a path: value, where it comes from, and what it does',
    run: (client, [key = '']) => {
      return client.call<typeof getConfigKeys>('GET', '/configs/keys', { query: { key } })
    },
    show: (keys) => {
      for (const {
        key,
        value,
        default: usual,
        origin,
        place = origin,
        effect,
        description,
      } of keys) {
        console.log(`${key} = ${JSON.stringify(value)}`)
        console.log(`  from ${place}; default ${JSON.stringify(usual)}; a change: ${effect}`)
        console.log(`  ${description}\n`)
      }
    },
  }),
  restCommand({
    usage: 'history',
    text: 'Versions that there were, the latest first',
    run: async (client) => {
      return (await client.call<typeof listConfigHistory>('GET', '/configs/history', {})).data
    },
    show: (versions) => {
      const rows = versions.map(({ changes, ...version }) => {
        return { ...version, changes: changes.map(({ key }) => key).join(' ') }
      })
      showTable(rows, ['version', 'created_at', 'from', 'source', 'changes'])
    },
  }),
]

const changing = [
  restCommand({
    usage: 'diff [file]',
    text: 'What differs from the defaults, or what a file would change',
    options: [['--since-start', 'from what the node was started with']],
    run: (client, [file], { sinceStart }): Promise<Changes> => {
      if (file !== undefined) {
        const body = readFileSync(file, 'utf8')
        return client.call<typeof planConfigs>('POST', '/configs/plan', { body })
      }
      const since = sinceStart === true ? ('start' as const) : ('default' as const)
      return client.call<typeof getConfigDiff>('GET', '/configs/diff', { query: { since } })
    },
    show: showChanges,
  }),
  applyFile,
  restCommand({
    usage: 'rollback <version>',
    text: 'Go back to a version of the history',
    options: [['--dry-run', 'only say what that would change']],
    run: async (client, [version = ''], { dryRun }): Promise<Changes> => {
      const params = { version }
      if (dryRun === true) {
        const path = '/configs/history/{version}'
        return (await client.call<typeof getConfigVersion>('GET', path, { params })).rollback
      }
      const path = '/configs/history/{version}/rollback'
      return client.call<typeof rollBackConfig>('POST', path, { params })
    },
    show: showChanges,
  }),
]

/** Shows what a change of the configuration did. */
export function showChanges({ changes, waits_for_restart: waits }: Changes): void {
  showTable(changes as readonly Readonly<Record<string, unknown>>[], CHANGE_COLUMNS)
  if (waits) console.log('\nwhat says restart-node takes effect with the next start')
}

function makeValidate(): Command {
  return new Command('validate')
    .description('Check configuration files as a start would; exit code 1 when they are wrong')
    .argument('[files...]', 'later ones over earlier ones (default: etc/tideway.conf)')
    .option('-d, --data-dir <dir>', 'with what was changed at run time of this data directory')
    .action(async (files: readonly string[], { dataDir }: { readonly dataDir?: string }) => {
      const args = [
        ...files.flatMap((file) => ['--config', file]),
        ...(dataDir === undefined ? [] : ['--data-dir', dataDir]),
      ]
      const child = spawn(process.execPath, [MAIN, '--check', ...args], { stdio: 'inherit' })
      process.exitCode = await new Promise<number>((resolve, reject) => {
        child.on('error', reject).on('exit', (code) => resolve(code ?? 1))
      })
    })
}
