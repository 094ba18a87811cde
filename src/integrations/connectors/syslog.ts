import { serverOf, tlsOf } from '#access/backends/driver-settings.ts'
import { syslog, SYSLOG_PORT } from '#config/fields/integrations/syslog.ts'
import { openSyslog } from '#drivers/syslog.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { toText } from '#streams/values/to-text.ts'
import {
  cutOff,
  formatRfc3164,
  formatRfc5424,
  type SyslogElement,
  type SyslogMessage,
} from '../syslog-message.ts'
import { bodyOf } from '../templates.ts'

/** What takes longer to be taken is sent again, over another connection. */
const WRITE_TIMEOUT_MS = 30_000

/** `syslog`: a message for each record. */
export default defineConnector({
  description: syslog,
  async open(config, context) {
    const link = await openSyslog(
      {
        server: serverOf(config.server, SYSLOG_PORT),
        transport: config.transport,
        framing: config.framing,
        connectTimeoutMs: config.connect_timeout,
        writeTimeoutMs: WRITE_TIMEOUT_MS,
        tls: tlsOf(config.ssl, context),
      },
      context.lost,
    )
    return link
  },
  check: async (link) => link.check(),
  close: (link) => link.close(),
  sink: {
    open(parameters, link, context) {
      const { format, facility, max_message_bytes: bytesMax } = parameters
      const textOf = (source: string) => compileTemplate(source, orEmpty)
      const severity = textOf(parameters.severity)
      const hostname = parameters.hostname === '' ? undefined : textOf(parameters.hostname)
      const appName = textOf(parameters.app_name)
      const procId = textOf(parameters.procid)
      const msgId = textOf(parameters.msgid)
      const timestamp = textOf(parameters.timestamp)
      const elementsOf = compileElements(parameters.structured_data)
      const message = bodyTemplate(parameters.message)
      const own = context.nodeName.split('@').at(-1) ?? context.nodeName
      const messageOf = (record: ValueMap): SyslogMessage => ({
        facility,
        severity: severity.text(record),
        timestampMs: timeOf(timestamp.text(record)),
        hostname: hostname?.text(record) ?? own,
        appName: appName.text(record),
        procId: procId.text(record),
        msgId: msgId.text(record),
        elements: elementsOf(record),
        text: bodyOf(message, record).toString(),
      })
      const formatted = format === 'rfc5424' ? formatRfc5424 : formatRfc3164
      return {
        write: (records) =>
          link.send(records.map((record) => cutOff(formatted(messageOf(record)), bytesMax))),
      }
    },
  },
})

function orEmpty(value: Value): string {
  return value === undefined || value === null ? '' : toText(value)
}

/** The largest time that a date can have. */
const TIME_MS_MAX = 8.64e15

function timeOf(text: string): number {
  const time = Number(text)
  return text !== '' && time >= 0 && time <= TIME_MS_MAX ? time : Date.now()
}

type Elements = Readonly<Record<string, Readonly<Record<string, string>>>>

function compileElements(elements: Elements): (record: ValueMap) => readonly SyslogElement[] {
  const compiled = Object.entries(elements).map(([id, parameters]) => {
    const pairs = Object.entries(parameters).map(([name, value]) => {
      return [name, compileTemplate(value, orEmpty)] as const
    })
    return { id, pairs }
  })
  return (record) =>
    compiled.map(({ id, pairs }) => ({
      id,
      parameters: pairs.map(([name, value]) => [name, value.text(record)] as const),
    }))
}
