import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrokerProcess } from './broker-process.ts'
import { PYTHON } from './foreign.ts'
import { Program } from './program.ts'

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'python')

/** Starts a program of the folder `python` against a listener of the broker. */
export function python(
  broker: BrokerProcess,
  name: string,
  args: readonly string[] = [],
  listener = 'tcp:default',
): Program {
  const file = join(FOLDER, `${name}.py`)
  return new Program(PYTHON, ['-B', file, String(broker.port(listener)), ...args])
}
