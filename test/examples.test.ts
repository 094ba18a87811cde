/** The programs of `examples/` do what they show. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BrokerProcess } from './interop/broker-process.ts'
import { runProgram } from './interop/program.ts'

const FOLDER = join(dirname(dirname(fileURLToPath(import.meta.url))), 'examples')
/** Shared by the others, no example itself. */
const HELPER = 'client.ts'

describe('examples', () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start(readFileSync(join(FOLDER, 'tideway.conf'), 'utf8'))
  })
  after(() => broker.remove())

  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && name !== HELPER)
  for (const name of names) {
    test(name, async () => {
      const url = `mqtt://localhost:${broker.port('tcp:default')}`
      await runProgram(process.execPath, [join(FOLDER, name), url])
    })
  }
})
