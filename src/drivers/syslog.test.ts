import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { DriverError } from './driver-error.ts'
import { openSyslog, type SyslogLink } from './syslog.ts'

function openUdp(host: string, port: number): Promise<SyslogLink> {
  const limits = { connectTimeoutMs: 5000, writeTimeoutMs: 5000, tls: undefined }
  const settings = { server: { host, port }, transport: 'udp', framing: 'newline' } as const
  return openSyslog({ ...settings, ...limits }, () => {})
}

async function listen(context: TestContext): Promise<number> {
  const server = createSocket('udp4')
  context.after(() => server.close())
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

test('a UDP socket that cannot be connected is an error that may pass', async () => {
  // Nobody may send to all hosts without asking for it.
  await assert.rejects(openUdp('255.255.255.255', 514), (error) => {
    assert.ok(error instanceof DriverError)
    assert.equal(error.kind, 'retryable')
    assert.match(error.message, /^syslog 255\.255\.255\.255:514: .*EACCES/)
    return true
  })
})

test('what UDP refuses at once is an error of the driver', async (context) => {
  const link = await openUdp('127.0.0.1', await listen(context))
  context.after(() => link.close())
  await assert.rejects(link.send([Buffer.alloc(70_000)]), (error) => {
    return (
      error instanceof DriverError && error.kind === 'fatal' && /max_message/.test(error.message)
    )
  })
  const noBuffer = 1 as unknown as Buffer
  await assert.rejects(link.send([noBuffer]), (error) => {
    return error instanceof DriverError && error.kind === 'retryable'
  })
})
