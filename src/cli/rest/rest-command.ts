import { Command } from 'commander'
import { NoNodeError, RestClient, RestError, type RestFlags } from './rest-client.ts'
import { showJson } from './show.ts'

/** Exit codes of commands that call the API. */
export const ExitCode = { REFUSED: 1, NO_NODE: 3 } as const

/** A command that calls the API. */
export interface RestCommand {
  /** Name and arguments as commander takes them: `show <client id>`. */
  readonly usage: string
  readonly text: string
  readonly options?: readonly (readonly [flags: string, text: string])[]
  /**
   * What it does; the result is shown as JSON where that is asked for.
   * @param args arguments in their order, undefined for those that are not given
   */
  readonly run: (
    client: RestClient,
    args: readonly (string | undefined)[],
    options: Options,
  ) => Promise<unknown>
  /** Shows the result to people; without it nothing is shown but `ok`. */
  readonly show?: (result: never) => void
}

/** Options of a command by their names. */
export type Options = Readonly<Record<string, string | boolean | undefined>>

/** Describes a command; ties the result of `run` to what `show` takes. */
export function restCommand<Result>(
  command: Omit<RestCommand, 'run' | 'show'> & {
    readonly run: (
      client: RestClient,
      args: readonly (string | undefined)[],
      options: Options,
    ) => Promise<Result>
    readonly show?: (result: Result) => void
  },
): RestCommand {
  return command
}

/** Commands of a group; the group itself may be one. */
export function makeGroup(
  name: string,
  text: string,
  commands: readonly RestCommand[],
  own?: RestCommand,
): Command {
  // What stands behind a command of the group is that command's.
  const group = new Command(name).description(text).enablePositionalOptions()
  for (const command of commands) group.addCommand(makeCommand(command))
  if (own !== undefined) arm(group, own)
  return group
}

/** One command. */
export function makeCommand(command: RestCommand): Command {
  const [name = '', ...args] = command.usage.split(/ (?=[<[])/)
  const made = new Command(name).description(command.text)
  for (const arg of args) made.argument(arg)
  return arm(made, command)
}

function arm(made: Command, command: RestCommand): Command {
  made
    .option('--json', 'as JSON')
    .option('--url <url>', 'address of the API (or TIDEWAY_URL; default: the node on this host)')
    .option('--api-key <key>', 'API key (or TIDEWAY_API_KEY)')
    .option('--api-secret <secret>', 'its secret (or TIDEWAY_API_SECRET)')
    .option('-d, --data-dir <dir>', 'data directory of the node on this host')
  for (const [flags, text] of command.options ?? []) made.option(flags, text)
  return made.action(async () => {
    const options = made.opts<RestFlags & Options>()
    await run(command, made.args, options)
  })
}

async function run(
  { run: act, show }: RestCommand,
  args: readonly (string | undefined)[],
  options: RestFlags & Options,
): Promise<void> {
  try {
    const result = await act(new RestClient(options), args, options)
    if (options['json'] === true) showJson(result ?? { ok: true })
    else if (show === undefined) console.log('ok')
    else show(result as never) // `restCommand` ties both.
  } catch (error) {
    if (!(error instanceof RestError || error instanceof NoNodeError)) throw error
    console.error(`tideway: ${error.message}`)
    process.exitCode = error instanceof RestError ? ExitCode.REFUSED : ExitCode.NO_NODE
  }
}
