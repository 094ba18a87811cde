/**
 * `kill -9` for the broker, and nothing is lost: starts a broker of its own over a folder of its
 * own, so it needs no address.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import mqtt from 'mqtt'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'tideway-example-'))
const configFile = join(folder, 'tideway.conf')
writeFileSync(
  configFile,
  // Port 0 is any free one; tideway.listeners.json says which.
  ['listeners.tcp.default', 'listeners.ssl.default', 'listeners.ws.default']
    .concat('listeners.wss.default', 'dashboard.listeners.http')
    .map((listener) => `${listener}.bind = "127.0.0.1:0"`)
    .join('\n'),
)

async function startBroker(): Promise<{ broker: ChildProcess; url: string }> {
  const file = join(folder, 'data', 'tideway.listeners.json')
  rmSync(file, { force: true })
  const args = ['src/app/main.ts', '--config', configFile, '--data-dir', join(folder, 'data')]
  const broker = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  process.once('exit', () => broker.kill('SIGKILL'))
  while (!existsSync(file)) await sleep(50)
  const { listeners } = JSON.parse(readFileSync(file, 'utf8')) as {
    listeners: readonly { id: string; port: number }[]
  }
  const port = listeners.find(({ id }) => id === 'tcp:default')?.port
  return { broker, url: `mqtt://127.0.0.1:${port}` }
}

const session = {
  protocolVersion: 5,
  clientId: 'archive',
  clean: false,
  properties: { sessionExpiryInterval: 3600 },
} as const

let { broker, url } = await startBroker()
const archive = await mqtt.connectAsync(url, session)
await archive.subscribeAsync('meter/+', { qos: 2 })
await archive.endAsync()

const meter = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 })
for (let count = 0; count < 100; count++) {
  await meter.publishAsync('meter/7', String(count), { qos: 2 })
}
await meter.publishAsync('meter/state', 'on', { qos: 2, retain: true })
console.log('100 messages are acknowledged; the broker is killed')
const died = once(broker, 'exit')
broker.kill('SIGKILL')
await died
meter.end(true)

const again = await startBroker()
broker = again.broker
const texts: string[] = []
const back = mqtt.connect(again.url, session)
await new Promise<void>((resolve) => {
  back.on('message', (_topic, payload) => {
    if (texts.push(payload.toString()) === 101) resolve()
  })
})
console.log('after the restart the archive got', texts.length, 'messages')
assert.deepEqual(texts, [...Array.from({ length: 100 }, (_, count) => String(count)), 'on'])
await back.endAsync()
const stopped = once(broker, 'exit')
broker.kill('SIGTERM')
await stopped
rmSync(folder, { recursive: true })
