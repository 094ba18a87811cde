/** Entry of the command line: `tideway <command>`. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { makeBenchCommand } from './bench/bench-command.ts'

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}

const program = new Command('tideway')
  .description('Tools for Tideway, an open IoT messaging platform')
  .version(readVersion(), '-v, --version')
  .addCommand(makeBenchCommand())

await program.parseAsync()
