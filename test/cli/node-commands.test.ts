import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { tideway } from './command.ts'

const CONFIG = `
  node.shards = 1
  listeners {
    tcp.default.bind = "127.0.0.1:0"
    ssl.default.enable = false
    ws.default.enable = false
    wss.default.enable = false
  }
  dashboard.listeners.http.bind = "127.0.0.1:0"
`

test('a node is started in the background, found without options, and stopped', async (context) => {
  const cwd = mkdtempSync(join(tmpdir(), 'tideway-cli-'))
  context.after(async () => {
    await tideway(['stop'], { cwd })
    rmSync(cwd, { recursive: true, force: true, maxRetries: 3 })
  })
  writeFileSync(join(cwd, 'node.conf'), CONFIG)

  const before = await tideway(['status'], { cwd })
  assert.deepEqual([before.code, before.stdout], [3, 'no node runs here\n'])

  const started = await tideway(['start', '-b', '-c', 'node.conf'], { cwd })
  assert.equal(started.code, 0, started.stderr)
  assert.match(started.stdout, /tideway runs, process \d+, data in data\n +tcp:default +127/)

  const again = await tideway(['start', '-b', '-c', 'node.conf'], { cwd })
  assert.equal(again.code, 1)
  assert.match(again.stderr, /runs already/)

  const status = JSON.parse((await tideway(['status', '--json'], { cwd })).stdout) as object
  assert.ok('running' in status && status.running === true)
  const sent = await tideway(['pub', '-t', 'a', '-m', 'x', '-q', '1'], { cwd })
  assert.deepEqual(sent, { code: 0, stdout: '', stderr: '' }, 'the port is found by itself')

  assert.match((await tideway(['stop'], { cwd })).stdout, /^stopped, process \d+\n$/)
  assert.equal((await tideway(['status'], { cwd })).code, 3)
})

test('a node that cannot start says why', async (context) => {
  const cwd = mkdtempSync(join(tmpdir(), 'tideway-cli-'))
  context.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'node.conf'), 'mqtt.max_inflight = many')
  const { code, stderr } = await tideway(['start', '-b', '-c', 'node.conf'], { cwd })
  assert.equal(code, 1)
  assert.match(stderr, /ended at once:.*mqtt\.max_inflight/s)
})
