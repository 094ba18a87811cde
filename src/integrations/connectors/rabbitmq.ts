import { isUtf8 } from 'node:buffer'
import { secretOf, tlsOf } from '#access/backends/driver-settings.ts'
import { rabbitmq } from '#config/fields/integrations/rabbitmq.ts'
import { openAmqp } from '#drivers/amqp.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { traceFields } from '#streams/tracing/trace-context.ts'
import { bodyOf } from '../templates.ts'

const KEY_BYTES_MAX = 255

/** `rabbitmq`: publishes the records of a batch and waits for their confirmation; consumes. */
export default defineConnector({
  description: rabbitmq,
  open: (config, context) =>
    openAmqp(
      {
        host: config.server,
        port: config.port,
        username: config.username,
        password: secretOf(config.password, context),
        virtualHost: config.virtual_host,
        heartbeatSeconds: Math.ceil(config.heartbeat / 1000),
        connectTimeoutMs: config.timeout,
        tls: tlsOf(config.ssl, context),
      },
      context.lost,
    ),
  check(link) {
    if (link.isOpen) return Promise.resolve() // Heartbeats find out.
    throw new DriverError('retryable', 'RabbitMQ: the connection was closed', true)
  },
  close: (link) => link.close(),
  sink: {
    open(keys, link) {
      const { exchange, delivery_mode: mode, payload_template: payload } = keys
      const routingKey = compileTemplate(keys.routing_key)
      const payloadOf = bodyTemplate(payload)
      const isConfirmed = keys.wait_for_publish_confirmations
      const confirmMs = isConfirmed ? keys.publish_confirmation_timeout : 0
      return {
        async write(records) {
          const messages = records.map((record) => ({
            exchange,
            routingKey: checkedKey(routingKey.text(record)),
            payload: Buffer.from(bodyOf(payloadOf, record)),
            persistent: mode === 'persistent',
            headers: traceFields(record),
          }))
          await link.publish(messages, confirmMs)
        },
      }
    },
  },
  source: {
    sample: {
      payload: '{"on":true}',
      queue: 'commands',
      exchange: 'amq.topic',
      routing_key: 'commands.start',
      message_received_at: 1_645_002_753_259,
    },
    async open({ queue, no_ack: noAck }, link, context) {
      const close = await link.consume(queue, noAck, ({ content, fields }) => {
        context.emit({
          payload: isUtf8(content) ? content.toString('utf8') : content,
          queue,
          exchange: fields.exchange,
          routing_key: fields.routingKey,
          message_received_at: Date.now(),
        })
      })
      return { close }
    },
  },
})

/** @throws DriverError for a key that the protocol has no room for (AMQP 0-9-1 §4.2.5.3) */
function checkedKey(key: string): string {
  const bytes = Buffer.byteLength(key)
  if (bytes <= KEY_BYTES_MAX) return key
  throw new DriverError('fatal', `RabbitMQ: a routing key of ${bytes} bytes; 255 are the most`)
}
