import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import type { Plain } from '#config/hocon/value.ts'
import {
  needsRsyslog,
  startRsyslog,
  type SyslogLine,
  syslogLines,
} from '../support/servers/rsyslog.ts'
import type { ServerProcess } from '../support/servers/server-process.ts'
import {
  clientOf,
  publishNumbers,
  ruleTo,
  startIntegrated,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'
import { testSink } from './support/sink-kit.ts'

const numbersOf = (server: ServerProcess) => syslogLines(server).map(({ text }) => Number(text))

testSink({
  type: 'syslog',
  needs: needsRsyslog(),
  async start() {
    const server = await startRsyslog()
    return {
      server,
      port: server.port,
      start: () => server.start(),
      remove: () => server.remove(),
      async kill() {
        // The protocol has no acknowledgements: what the server has not read yet would be lost.
        await until('the server has written all', () => numbersOf(server).length >= 40)
        await server.kill()
      },
    }
  },
  connector: ({ port }) => ({ server: `127.0.0.1:${port}` }),
  parameters: { message: '${payload.n}' },
  isOrdered: true,
  async numbers({ server }) {
    await until('the server has written all', () => numbersOf(server).length >= 60)
    return numbersOf(server)
  },
})

suite('the sink syslog', needsRsyslog(), () => {
  /** What a server gets of `count` messages. */
  const sent = async (
    context: TestContext,
    server: ServerProcess,
    connector: Plain,
    parameters: Plain,
    count: number,
  ): Promise<readonly SyslogLine[]> => {
    const broker = await startIntegrated(context, [
      { connectors: { syslog: { c: connector } } },
      { actions: { syslog: { a: { connector: 'c', parameters } } } },
      ruleTo('syslog:a'),
    ])
    await untilStatus(broker, 'action', 'syslog:a', 'connected')
    const client = await clientOf(context, broker)
    await publishNumbers(client, 0, count)
    await untilCount(broker, 'syslog:a', 'success', count)
    await until('the server has written all', () => syslogLines(server).length >= count)
    return syslogLines(server)
  }

  test('sends all its fields, as its templates say', async (context) => {
    const server = await startRsyslog()
    context.after(() => server.remove())
    const address = `127.0.0.1:${server.port}`
    const parameters = {
      facility: 'local4',
      severity: 'notice',
      hostname: 'plant-7',
      app_name: 'press',
      msgid: '${topic}',
      timestamp: '1700000000000',
      structured_data: { 'device@32473': { id: '${clientid}', odd: '"]' } },
      message: 'n = ${payload.n}\nand more',
    }
    const tcp = { server: address }
    const [first] = await sent(context, server, tcp, parameters, 1)
    const { timestamp = '', ...rest } = first ?? {}
    assert.equal(Date.parse(timestamp), 1_700_000_000_000)
    assert.deepEqual(rest, {
      priority: '165',
      hostname: 'plant-7',
      appName: 'press',
      procId: 'tester',
      msgId: 't/1',
      structuredData: '[device@32473 id="tester" odd="\\"\\]"]',
      text: 'n = 0#012and more', // A line break, as rsyslog writes it.
    })
  })

  for (const [title, keys, format, text] of [
    ['line breaks', { framing: 'newline' }, 'rfc5424', String.raw`n = 0\nx`],
    ['the old format', {}, 'rfc3164', ' n = 0#012x'],
    ['UDP', { transport: 'udp' }, 'rfc5424', 'n = 0#012x'],
  ] as const) {
    test(`is understood with ${title}`, async (context) => {
      const server = await startRsyslog()
      context.after(() => server.remove())
      const connector = { server: `127.0.0.1:${server.port}`, ...keys }
      const parameters = { format, app_name: 'press', message: 'n = ${payload.n}\nx' }
      const lines = await sent(context, server, connector, parameters, 3)
      const [first] = lines
      assert.equal(lines.length, 3)
      assert.equal(first?.text, text)
      assert.equal(first?.priority, '14')
      assert.equal(first?.procId, 'tester')
    })
  }

  test('speaks TLS, and only to whom it knows', async (context) => {
    const server = await startRsyslog(true)
    context.after(() => server.remove())
    const ssl = { enable: true, cacertfile: join(server.folder, 'certs/ca.pem') }
    const connector = { server: `localhost:${server.port}`, ssl }
    const lines = await sent(context, server, connector, { message: '${payload.n}' }, 2)
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['0', '1'],
    )
    const strange = { server: `localhost:${server.port}`, ssl: { enable: true } }
    const broker = await startIntegrated(context, [{ connectors: { syslog: { c: strange } } }])
    const failed = await untilStatus(broker, 'connector', 'syslog:c', 'disconnected')
    assert.match(failed.status.reason, /certificate is refused.*cacertfile/)
  })
})
