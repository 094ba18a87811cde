/** Entry of the command line: `tideway <command>`. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { makeBenchCommand } from './bench/bench-command.ts'
import { makePubCommand } from './client/pub-command.ts'
import { makeSubCommand } from './client/sub-command.ts'
import { makeCompletionCommand } from './completion/completion-command.ts'
import { makeConfigCommand } from './config/config-command.ts'
import { makeCtlCommand } from './ctl/ctl-command.ts'
import { makeNodeCommands } from './node/node-commands.ts'

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}

const program = new Command('tideway')
  .description('Tools for Tideway, an open IoT messaging platform')
  .version(readVersion(), '-v, --version')
  // What stands behind a command is the command's: `-v` has another meaning there.
  .enablePositionalOptions()
  .addCommand(makePubCommand())
  .addCommand(makeSubCommand())
  .addCommand(makeBenchCommand())
  .addCommand(makeCtlCommand())
  .addCommand(makeConfigCommand())
for (const command of makeNodeCommands()) program.addCommand(command)
program.addCommand(makeCompletionCommand(program))

try {
  await program.parseAsync()
} catch (error) {
  console.error(`tideway: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
