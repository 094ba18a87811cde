import { isUtf8 } from 'node:buffer'
import { secretOf, serversOf, tlsOf } from '#access/backends/driver-settings.ts'
import { nats, NATS_PORT } from '#config/fields/integrations/nats.ts'
import { type NatsMessage, openNats } from '#drivers/nats.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { tracedHeaders } from '#streams/tracing/trace-context.ts'
import { bodyOf } from '../templates.ts'
import { writeEach } from '../write-each.ts'

/** Subjects of the server itself: JetStream, the system account, answers. */
const RESERVED = /^(?:\$|_INBOX\b)/

/** `nats`: publishes the records of a batch in one piece, and subscribes. */
export default defineConnector({
  description: nats,
  open: (config, context) =>
    openNats(
      {
        servers: serversOf(config.servers, NATS_PORT),
        username: config.username,
        password: secretOf(config.password, context),
        token: secretOf(config.token, context),
        name: `${context.name}:${context.nodeName}:${context.shard}`,
        connectTimeoutMs: config.connect_timeout,
        tls: tlsOf(config.ssl, context),
      },
      context.lost,
    ),
  check: (link) => link.check(),
  close: (link) => link.close(),
  sink: {
    open({ subject, payload, headers, jetstream: isStored }, link) {
      const subjectOf = compileTemplate(subject)
      const isReservedWanted = RESERVED.test(subject.replaceAll(/\$\{(?!\$\})[^}]*\}/g, 'x'))
      const payloadOf = bodyTemplate(payload)
      const all = Object.entries(headers).map(
        ([name, value]) => [name, compileTemplate(value)] as const,
      )
      const messageOf = (record: ValueMap): NatsMessage => ({
        subject: ownSubject(asSubject(subjectOf.text(record)), isReservedWanted),
        payload: bodyOf(payloadOf, record),
        headers: tracedHeaders(
          record,
          all.map(([name, value]) => [name, value.text(record).replaceAll(/[\r\n]/g, ' ')]),
        ),
      })
      return {
        async write(records) {
          if (isStored) return writeEach(records, (record) => link.store(messageOf(record)))
          await link.publish(records.map(messageOf))
          return undefined
        },
      }
    },
  },
  source: {
    everywhere: true,
    sample: {
      subject: 'commands.start',
      payload: '{"on":true}',
      headers: {},
      message_received_at: 1_645_002_753_259,
    },
    open({ subject, queue_group: queue }, link, context) {
      if (queue === '' && context.shard !== 0) return { close() {} } // Each message comes once.
      const end = link.subscribe(subject, queue, (message) => {
        const bytes = Buffer.from(message.payload)
        context.emit({
          subject: message.subject,
          payload: isUtf8(bytes) ? bytes.toString('utf8') : bytes,
          headers: message.headers,
          message_received_at: Date.now(),
        })
      })
      return { close: end }
    },
  },
})

/** Topics have characters and empty levels that subjects cannot have. */
function asSubject(text: string): string {
  const clean = text.replaceAll(/[\s*>\u0000]/g, '_')
  return clean
    .split('.')
    .map((token) => (token === '' ? '_' : token))
    .join('.')
}

/** @throws DriverError for a subject of the server that the owner did not write */
function ownSubject(subject: string, isReservedWanted: boolean): string {
  if (isReservedWanted || !RESERVED.test(subject)) return subject
  throw new DriverError('fatal', `NATS: ${subject} is of the server; no value may ask for it`)
}
