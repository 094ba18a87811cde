import type { getConfigRoot, putConfigRoot } from '#management/contract/configs.ts'
import { LOG_MODULES, LogLevel } from '#kernel/system/log-record.ts'
import type { Command } from 'commander'
import type { RestClient } from '../rest/rest-client.ts'
import { makeGroup, restCommand } from '../rest/rest-command.ts'
import { showTable } from '../rest/show.ts'

const LEVELS = Object.keys(LogLevel)
const CONSOLE = 'console'
const PARAMS = { root: 'log' }

interface Handler {
  readonly enable: boolean
  readonly level: string
  readonly path?: string
}

/** `log` as the configuration has it. */
interface LogConfig {
  readonly primary_level: string
  readonly module_levels?: Readonly<Record<string, string>>
  readonly console: Handler
  readonly file: Readonly<Record<string, Handler>>
}

/** `log`: levels of the log and the places where it goes. What is changed is kept. */
export function makeLogGroup(): Command {
  const group = makeGroup('log', 'The log of the node', [
    restCommand({
      usage: 'set-level <level>',
      text: `Level of all places, and the least for everything: ${LEVELS.join(', ')}`,
      run: async (client, [level = '']) => {
        const { file } = await readLog(client)
        const files = Object.keys(file).map((name) => [name, { level }] as const)
        await change(client, {
          primary_level: checked(level),
          console: { level },
          file: Object.fromEntries(files),
        })
      },
    }),
    restCommand({
      usage: 'primary-level [level]',
      text: 'Show or set the level below which lines are left out everywhere',
      run: async (client, [level]) => {
        if (level !== undefined) await change(client, { primary_level: checked(level) })
        return { level: (await readLog(client)).primary_level }
      },
      show: ({ level }) => console.log(level),
    }),
    restCommand({
      usage: 'module-level [module] [level]',
      text: 'Show levels of modules, or set that of one; `default` takes it back',
      run: async (client, [module, level]) => {
        if (module !== undefined) {
          const wanted = level === 'default' ? null : checked(level)
          await change(client, { module_levels: { [module]: wanted } })
        }
        const { module_levels: levels = {} } = await readLog(client)
        return LOG_MODULES.map((name) => ({ module: name, level: levels[name] ?? 'default' }))
      },
      show: (rows) => showTable(rows, ['module', 'level']),
    }),
  ])
  group.addCommand(makeHandlers())
  return group
}

function makeHandlers(): Command {
  return makeGroup('handlers', 'Places where lines go', [
    restCommand({
      usage: 'list',
      text: 'All places',
      run: async (client) => {
        const { console, file } = await readLog(client)
        return Object.entries({ [CONSOLE]: console, ...file }).map(([id, handler]) => ({
          id,
          level: handler.level,
          destination: handler.path ?? CONSOLE,
          status: handler.enable ? 'started' : 'stopped',
        }))
      },
      show: (rows) => showTable(rows, ['id', 'level', 'destination', 'status']),
    }),
    restCommand({
      usage: 'start <id>',
      text: 'Write lines there',
      run: (client, [id = '']) => changeHandler(client, id, { enable: true }),
    }),
    restCommand({
      usage: 'stop <id>',
      text: 'Write no more lines there',
      run: (client, [id = '']) => changeHandler(client, id, { enable: false }),
    }),
    restCommand({
      usage: 'set-level <id> <level>',
      text: 'Level of one place',
      run: (client, [id = '', level]) => changeHandler(client, id, { level: checked(level) }),
    }),
  ])
}

async function changeHandler(client: RestClient, id: string, fields: object): Promise<void> {
  const { file } = await readLog(client)
  if (id === CONSOLE) return change(client, { console: fields })
  if (file[id] === undefined) {
    throw new Error(`${id} is none of ${[CONSOLE, ...Object.keys(file)].join(', ')}`)
  }
  return change(client, { file: { [id]: fields } })
}

async function readLog(client: RestClient): Promise<LogConfig> {
  const options = { params: PARAMS }
  const shown = await client.call<typeof getConfigRoot>('GET', '/configs/{root}', options)
  return shown as LogConfig // The configuration has this form.
}

async function change(client: RestClient, body: Readonly<Record<string, unknown>>): Promise<void> {
  const options = { params: PARAMS, body }
  await client.call<typeof putConfigRoot>('PUT', '/configs/{root}', options)
}

function checked(level: string | undefined): string {
  if (level !== undefined && LEVELS.includes(level)) return level
  throw new Error(`${level ?? 'nothing'} is no level: ${LEVELS.join(', ')}`)
}
