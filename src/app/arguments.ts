import { parseArgs } from 'node:util'

/** What the command line says. */
export interface Arguments {
  /** Configuration files, later ones over earlier ones. */
  readonly configFiles: readonly string[]
  /** Variables over those of the environment. */
  readonly env: Readonly<Record<string, string>>
  readonly action: 'run' | 'check' | 'help' | 'version'
}

export const USAGE = `usage: tideway [options]

  -c, --config FILE      configuration file (may be given several times; default etc/tideway.conf
                         if it exists)
  -d, --data-dir DIR     folder of everything that is kept (default data)
  -e, --env KEY=VALUE    as an environment variable: -e TIDEWAY_NODE__SHARDS=2
      --check            read the configuration, say what is wrong with it, and end
  -h, --help
  -v, --version
`

/**
 * Reads the command line.
 * @throws an Error with a message for the user
 */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string', short: 'c', multiple: true },
      'data-dir': { type: 'string', short: 'd' },
      env: { type: 'string', short: 'e', multiple: true },
      check: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  })
  const env = Object.fromEntries((values.env ?? []).map(splitVariable))
  const dataDir = values['data-dir']
  // Quoted, so that it is taken as it stands.
  if (dataDir !== undefined) env['TIDEWAY_NODE__DATA_DIR'] = JSON.stringify(dataDir)
  return {
    configFiles: values.config ?? [],
    env,
    action: values.help ? 'help' : values.version ? 'version' : values.check ? 'check' : 'run',
  }
}

function splitVariable(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`-e ${text}: write KEY=VALUE`)
  return [text.slice(0, at), text.slice(at + 1)]
}
