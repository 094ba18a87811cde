/** The program as its users start it: arguments, messages, signals, failures. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connectAsync } from 'mqtt'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const CRASH = new URL('../../test/app/crash-on-word.ts', import.meta.url).href

/** A process of the program with everything it says. */
class Program {
  readonly child: ChildProcess
  output = ''
  readonly ended: Promise<number | null>
  #waiting: (() => void)[] = []

  constructor(args: readonly string[], nodeArgs: readonly string[], folder: string) {
    const command = [...nodeArgs, MAIN, ...args]
    const env = { PATH: process.env['PATH'] }
    this.child = spawn(process.execPath, command, { cwd: folder, env })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        this.#wake()
      })
    }
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => {
        resolve(code)
        this.#wake()
      })
    })
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output)
      if (match !== null) return match
      if (this.child.exitCode !== null) assert.fail(`it ended without saying it:\n${this.output}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

let folder: string
const programs: Program[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tideway-main-'))
})

afterEach(async () => {
  for (const { child, ended } of programs.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
})

function start(args: readonly string[], nodeArgs: readonly string[] = []): Program {
  const program = new Program(args, nodeArgs, folder)
  programs.push(program)
  return program
}

function configFile(text: string): string {
  const path = join(folder, 'my.conf')
  writeFileSync(path, text)
  return path
}

/** A broker on free ports. */
function run(extra = '', nodeArgs: readonly string[] = []): Program {
  const file = configFile(`
    listeners.tcp.default.bind = "127.0.0.1:0"
    listeners.ssl.default.enable = false
    listeners.ws.default.enable = false
    listeners.wss.default.enable = false
    dashboard.listeners.http.bind = 0
    node.shards = 2
    ${extra}`)
  return start(['--config', file, '--data-dir', join(folder, 'kept')], nodeArgs)
}

async function portOf(program: Program): Promise<number> {
  await program.says(/tideway is running/)
  const [, port] = await program.says(/listener: tcp:default, bind: 127\.0\.0\.1:(\d+)/)
  return Number(port)
}

describe('the program', () => {
  it('explains its options and tells its version', async () => {
    const help = start(['--help'])
    assert.equal(await help.ended, 0)
    assert.match(help.output, /usage: tideway[^]*--config FILE[^]*--data-dir DIR/)
    const version = start(['--version'])
    assert.equal(await version.ended, 0)
    assert.match(version.output, /^tideway \d+\.\d+\.\d+\n$/)
    const wrong = start(['--colour'])
    assert.equal(await wrong.ended, 1)
    assert.match(wrong.output, /tideway: Unknown option '--colour'/)
  })

  it('says where it listens and that it runs, and stops when asked', async () => {
    const program = run()
    const client = await connectAsync(`mqtt://127.0.0.1:${await portOf(program)}`, {
      reconnectPeriod: 0,
    })
    await client.publishAsync('a', 'b', { qos: 1 })
    const closed = new Promise((resolve) => client.on('close', () => resolve(undefined)))
    program.child.kill('SIGTERM')
    assert.equal(await program.ended, 0)
    await closed
    assert.match(program.output, /shards: 2, clients: on this host only/)
    assert.match(program.output, /msg: stopped/)
  })

  it('stops on SIGINT as well', async () => {
    const program = run()
    await portOf(program)
    program.child.kill('SIGINT')
    assert.equal(await program.ended, 0)
  })

  it('says what is wrong with the configuration, and where', async () => {
    const file = configFile('mqtt {\n  max_qos_allowed = 3\n}\nlisteners.tcp.default.bnd = 1\n')
    const program = start(['--config', file])
    assert.equal(await program.ended, 1)
    assert.match(program.output, /my\.conf:2[^\n]*max_qos_allowed|max_qos_allowed[^\n]*my\.conf:2/)
    assert.match(program.output, /bnd/)
    assert.match(program.output, /not started/)
    const missing = start(['--config', join(folder, 'none.conf')])
    assert.equal(await missing.ended, 1)
    assert.match(missing.output, /none\.conf cannot be read: it does not exist/)
  })

  it('checks a configuration without starting', async () => {
    const file = configFile('zones.plant.conn_congestion.enable_alarm = true\n')
    const program = start(['--config', file, '--check'])
    assert.equal(await program.ended, 0)
    assert.match(
      program.output,
      /plant\.conn_congestion has no effect here: in EMQX it raises an alarm/,
    )
    assert.match(program.output, /the configuration is valid/)
  })

  it('does not start with rewrite rules that the core refuses', async () => {
    const rule = '{ action = all, source_topic = "a/#", re = "^a$", dest_topic = "b/$1" }'
    const program = start(['--config', configFile(`rewrite = [${rule}]`), '--check'])
    assert.equal(await program.ended, 1)
    assert.match(program.output, /rewrite is refused: rewrite rule 1: dest_topic has \$1/)
    assert.doesNotMatch(program.output, /is valid/)
  })

  it('takes variables from the command line', async () => {
    const value = 'TIDEWAY_MQTT__MAX_QOS_ALLOWED=7'
    const program = start(['--check', '-e', value])
    assert.equal(await program.ended, 1)
    assert.match(program.output, /TIDEWAY_MQTT__MAX_QOS_ALLOWED/)
  })

  it('says that its port is in use', async () => {
    const first = run()
    const port = await portOf(first)
    const bind = `TIDEWAY_LISTENERS__TCP__DEFAULT__BIND=127.0.0.1:${port}`
    const noHttp = 'TIDEWAY_DASHBOARD__LISTENERS__HTTP__BIND=0'
    const second = start(['-d', join(folder, 'other'), '-e', bind, '-e', noHttp])
    assert.equal(await second.ended, 1)
    assert.match(second.output, new RegExp(`cannot listen on 127.0.0.1:${port}: another program`))
  })

  it('says that its data directory is in use', async () => {
    const first = run()
    await portOf(first)
    const second = run()
    assert.equal(await second.ended, 81)
    assert.match(second.output, /is in use by another Tideway: process \d+/)
  })
})

describe('a shard that fails', () => {
  it('ends the process, which says why and has kept what it acknowledged', async () => {
    const program = run('', ['--import', CRASH])
    const port = await portOf(program)
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 })
    client.on('error', () => {})
    await client.publishAsync('kept', 'safe', { qos: 1, retain: true })
    connect({ host: '127.0.0.1', port })
      .on('error', () => {})
      .end('CRASH')
    assert.equal(await program.ended, 70)
    await client.endAsync(true)
    assert.match(program.output, /internal_error, stack: Error: the test broke this shard/)
    const again = run()
    const reader = await connectAsync(`mqtt://127.0.0.1:${await portOf(again)}`, {
      reconnectPeriod: 0,
    })
    const kept = new Promise<string>((resolve) => {
      reader.on('message', (_topic, payload) => resolve(payload.toString()))
    })
    await reader.subscribeAsync('kept')
    assert.equal(await kept, 'safe')
    await reader.endAsync(true)
  })
})
