import { isUtf8 } from 'node:buffer'
import { secretOf, serverOf, tlsOf } from '#access/backends/driver-settings.ts'
import { mqtt, MQTT_PORT } from '#config/fields/integrations/mqtt.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { type MqttArrival, type MqttLink, openMqtt } from '#drivers/mqtt.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { toText } from '#streams/values/to-text.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { traceFields } from '#streams/tracing/trace-context.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { bodyOf } from '../templates.ts'

/** Connections to one broker. */
interface Bridge {
  readonly server: string
  readonly links: readonly MqttLink[]
}

const TOPIC_BYTES_MAX = 65_535
const TOPIC_CHARS_SHOWN = 200
const SHARED = /^\$share\//

/** `mqtt`: publishes to another broker, and subscribes there. */
export default defineConnector({
  description: mqtt,
  async open(config, context, signal): Promise<Bridge> {
    const count = Math.ceil(config.pool_size / context.shardCount)
    const { clientid_prefix: prefix } = config
    const base = `${prefix === '' ? '' : `${prefix}:`}${context.name}:${context.nodeName}`
    const settings = {
      server: serverOf(config.server, MQTT_PORT),
      username: config.username,
      password: secretOf(config.password, context),
      version: config.proto_ver,
      isBridge: config.bridge_mode,
      cleanStart: config.clean_start,
      keepAliveSeconds: Math.round(config.keepalive / 1000),
      inflightMax: config.max_inflight,
      connectTimeoutMs: config.connect_timeout,
      tls: tlsOf(config.ssl, context),
    }
    const opened = await Promise.allSettled(
      Array.from({ length: count }, (_, index) => {
        const clientId = `${base}:${context.shard * count + index + 1}`
        return openMqtt({ ...settings, clientId }, signal, context.lost)
      }),
    )
    const links = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failure = opened.find((one) => one.status === 'rejected')
    if (failure === undefined) return { server: config.server, links }
    await Promise.all(links.map((link) => link.close()))
    throw failure.reason
  },
  check({ server, links }) {
    if (links.every(({ isConnected }) => isConnected)) return Promise.resolve()
    throw new DriverError('retryable', `MQTT ${server}: a connection was closed`, true)
  },
  async close({ links }) {
    await Promise.all(links.map((link) => link.close()))
  },
  sink: {
    open({ topic, qos, retain, payload }, bridge) {
      const topicOf = compileTemplate(topic)
      const qosOf = compileTemplate(qos)
      const retainOf = compileTemplate(retain)
      const payloadOf = bodyTemplate(payload)
      return {
        async write(records, _, lane) {
          const link = bridge.links[lane % bridge.links.length]
          if (link === undefined) throw new DriverError('retryable', 'there is no connection', true)
          const outcomes = await Promise.allSettled(
            records.map(async (record) => {
              const message = {
                topic: checkedTopic(topicOf.text(record)),
                payload: bodyOf(payloadOf, record),
                qos: toQos(qosOf.value(record)),
                retain: isTrue(retainOf.value(record)),
              }
              await link.publish(message, traceFields(record))
            }),
          )
          return outcomes.flatMap((outcome, index) => {
            return outcome.status === 'fulfilled' ? [] : [faultOf(index, outcome.reason)]
          })
        },
      }
    },
  },
  source: {
    everywhere: true,
    sample: {
      id: '0006129E63B2D05E',
      server: '192.168.0.1:1883',
      payload: '{"msg": "hello"}',
      topic: 't/a',
      qos: 1,
      dup: false,
      retain: false,
      pub_props: {},
      message_received_at: 1_645_002_753_259,
    },
    async open({ topic, qos }, bridge, context) {
      const isShared = SHARED.test(topic)
      const own = isShared ? bridge.links : context.shard === 0 ? bridge.links.slice(0, 1) : []
      let count = 0
      const take = (message: MqttArrival): void => {
        const id = `${context.shard}-${Date.now().toString(36)}-${(count++).toString(36)}`
        context.emit(recordOf(message, bridge.server, id))
      }
      for (const link of own) {
        await link.subscribe(topic, qos === 2 ? 2 : qos === 1 ? 1 : 0, take)
      }
      return {
        async close() {
          await Promise.all(own.map((link) => link.unsubscribe(topic)))
        },
      }
    },
  },
})

function faultOf(index: number, error: unknown) {
  const reason = error instanceof Error ? error.message : String(error)
  const isFatal = !(error instanceof DriverError) || error.kind === 'fatal'
  return { index, kind: isFatal ? ('fatal' as const) : ('retryable' as const), reason }
}

/** @throws DriverError for what is no topic name */
function checkedTopic(topic: string): string {
  const isShort = Buffer.byteLength(topic) <= TOPIC_BYTES_MAX
  if (topic !== '' && isShort && !/[+#\u0000]/.test(topic)) return topic
  throw new DriverError(
    'fatal',
    `${JSON.stringify(topic.slice(0, TOPIC_CHARS_SHOWN))} is no topic that can be published to`,
  )
}

function toQos(value: Value): 0 | 1 | 2 {
  const qos = Number(toText(value))
  return qos === 1 || qos === 2 ? qos : 0
}

function isTrue(value: Value): boolean {
  return value === true || value === 1 || value === 'true' || value === '1'
}

function recordOf(message: MqttArrival, server: string, id: string): ValueMap {
  const { topic, payload, qos, dup, retain, properties } = message
  return {
    id,
    server,
    topic,
    payload: isUtf8(payload) ? payload.toString('utf8') : payload,
    qos,
    dup,
    retain,
    pub_props: shownProperties(properties),
    message_received_at: Date.now(),
  }
}

/** Names as rules know them; see `pub_props` of messages. */
function shownProperties(properties: MqttArrival['properties']): ValueMap {
  const {
    payloadFormatIndicator: format,
    messageExpiryInterval: expiry,
    contentType,
    responseTopic,
    correlationData,
    userProperties,
  } = properties
  const pairs = Object.entries(userProperties ?? {}).flatMap(([key, values]) => {
    return [values].flat().map((value) => ({ key, value }))
  })
  return {
    ...(format !== undefined && { 'Payload-Format-Indicator': format ? 1 : 0 }),
    ...(expiry !== undefined && { 'Message-Expiry-Interval': expiry }),
    ...(contentType !== undefined && { 'Content-Type': contentType }),
    ...(responseTopic !== undefined && { 'Response-Topic': responseTopic }),
    ...(correlationData !== undefined && { 'Correlation-Data': correlationData }),
    ...(pairs.length > 0 && {
      'User-Property': Object.fromEntries(pairs.map(({ key, value }) => [key, value])),
      'User-Property-Pairs': pairs,
    }),
  }
}
