import type { InternalMessage } from '#broker/shard/publish-internal.ts'
import type { Properties, UserProperty } from '#codec/mqtt/properties.ts'
import { isList, isMap } from '#plugin/value.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import type { Row } from '../../sql/row.ts'
import { memberOf } from '../../sql/row.ts'
import { encodeJson } from '../../values/json.ts'
import { toText } from '../../values/to-text.ts'
import type { ActionOrigin, RuleAction } from '../action.ts'
import { encodeProperties } from '../property-names.ts'
import { rulePublisher } from '../publisher-name.ts'
import { RuleError } from '../rule-error.ts'
import { bodyTemplate } from '../json-template.ts'
import { compileTemplate } from '../template.ts'
import type { Template } from '../template.ts'

/** What republishing needs of the shard. */
export interface RepublishPorts {
  nowMs(): number
  /** Publishes; returns why it was refused. */
  publish(message: InternalMessage): string | undefined
}

const DEFAULTS = {
  payload: '${payload}',
  qos: '${qos}',
  retain: '${retain}',
  user_properties: '${user_properties}',
} as const
/** Keeps what the message was published with, without its being selected. */
const ORIGINAL_PROPERTIES = "${pub_props.'User-Property'}"
const ARGUMENTS: ReadonlySet<string> = new Set(
  'topic payload qos retain user_properties mqtt_properties direct_dispatch'.split(' '),
)

/** Properties that may be set, by the field of the codec. */
const FIELDS = {
  'Payload-Format-Indicator': 'payloadFormatIndicator',
  'Content-Type': 'contentType',
  'Response-Topic': 'responseTopic',
  'Correlation-Data': 'correlationData',
} as const
const EXPIRY = 'Message-Expiry-Interval'

/** The arguments, compiled. */
interface Plan {
  readonly topic: Template
  /** Undefined: the whole output as JSON. */
  readonly payload: Template | undefined
  readonly qos: Template
  readonly retain: Template
  readonly userProperties: Template | 'original'
  readonly properties: readonly (readonly [name: string, value: Template])[]
  readonly direct: boolean
}

/**
 * `republish`: publishes a message made from the output.
 * @throws RuleError when the arguments are wrong
 */
export function makeRepublish(args: ValueMap, ports: RepublishPorts): RuleAction {
  const plan = planOf(args)
  return {
    label: 'republish',
    run(output, origin, done) {
      if (origin.isLoop) {
        const reason = `recursive_republish_detected: rule ${origin.ruleId} published it already`
        done({ kind: 'unknown', reason })
        return
      }
      const refused = ports.publish(messageOf(plan, output, origin, ports.nowMs()))
      done(refused === undefined ? undefined : { kind: 'unknown', reason: refused })
    },
    preview(output, origin) {
      const { topic, payload, qos, retain } = messageOf(plan, output, origin, ports.nowMs())
      return { topic, payload, qos, retain }
    },
  }
}

function planOf(args: ValueMap): Plan {
  for (const name of Object.keys(args)) {
    if (!ARGUMENTS.has(name)) {
      throw new RuleError(`republish has no argument ${name}; it has ${[...ARGUMENTS].join(', ')}`)
    }
  }
  const { topic } = args
  if (typeof topic !== 'string' || topic === '') throw new RuleError('republish needs a topic')
  const payload = toText(args.payload ?? DEFAULTS.payload)
  const userProperties = toText(args.user_properties ?? DEFAULTS.user_properties)
  const isOriginal = userProperties === ORIGINAL_PROPERTIES
  return {
    topic: compileTemplate(topic),
    payload: bodyTemplate(payload),
    qos: compileTemplate(toText(args.qos ?? DEFAULTS.qos)),
    retain: compileTemplate(toText(args.retain ?? DEFAULTS.retain)),
    userProperties: isOriginal ? 'original' : compileTemplate(userProperties),
    properties: propertiesPlan(args.mqtt_properties),
    direct: args.direct_dispatch === true,
  }
}

function propertiesPlan(wanted: Value): Plan['properties'] {
  if (wanted === undefined || wanted === null) return []
  if (!isMap(wanted)) throw new RuleError('mqtt_properties is a map of names to templates')
  return Object.entries(wanted).map(([name, template]) => {
    if (name !== EXPIRY && !(name in FIELDS)) {
      const known = [EXPIRY, ...Object.keys(FIELDS)].join(', ')
      throw new RuleError(`mqtt_properties cannot set ${name}, only ${known}`)
    }
    return [name, compileTemplate(toText(template))] as const
  })
}

function messageOf(
  plan: Plan,
  output: ValueMap,
  { ruleId, row, hops }: ActionOrigin,
  nowMs: number,
): InternalMessage {
  const payload = plan.payload?.value(output)
  const values = new Map(plan.properties.map(([name, value]) => [name, value.value(output)]))
  const expirySeconds = Number(values.get(EXPIRY) ?? Number.NaN)
  return {
    topic: plan.topic.text(output),
    payload: plan.payload === undefined ? Buffer.from(encodeJson(output)) : bytesOf(payload),
    qos: qosOf(plan.qos.value(output)),
    retain: isTrue(plan.retain.value(output)),
    properties: propertiesOf(values, userPropertiesOf(plan, output, row)),
    expiresAtMs: expirySeconds >= 0 ? nowMs + Math.floor(expirySeconds) * 1000 : 0,
    publisher: rulePublisher(ruleId, hops),
    direct: plan.direct,
  }
}

function bytesOf(value: Value): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(toText(value))
}

/** What is missing or no QoS is 0. */
function qosOf(value: Value): 0 | 1 | 2 {
  const qos = Number(toText(value))
  return qos === 1 || qos === 2 ? qos : 0
}

function isTrue(value: Value): boolean {
  return value === true || value === 1 || value === 'true' || value === '1'
}

function userPropertiesOf(plan: Plan, output: ValueMap, row: Row): UserProperty[] {
  if (plan.userProperties === 'original') {
    const pairs = memberOf(row.column('pub_props'), 'User-Property-Pairs')
    if (!isList(pairs)) return []
    return pairs.map((pair) => [toText(memberOf(pair, 'key')), toText(memberOf(pair, 'value'))])
  }
  const value = plan.userProperties.value(output)
  if (!isMap(value)) return []
  return Object.entries(value).map(([name, text]) => [name, toText(text)])
}

const TEXT_BYTES_MAX = 65_535

/** Values that MQTT has no form for are left out. */
function propertiesOf(
  values: ReadonlyMap<string, Value>,
  userProperties: readonly UserProperty[],
): Buffer {
  const properties: Properties = {}
  const format = values.get('Payload-Format-Indicator')
  if (format !== undefined && Number(toText(format)) <= 1) {
    properties.payloadFormatIndicator = Number(toText(format)) === 1 ? 1 : 0
  }
  const contentType = shortText(values.get('Content-Type'))
  if (contentType !== undefined) properties.contentType = contentType
  const responseTopic = shortText(values.get('Response-Topic'))
  if (responseTopic !== undefined && !/[+#]/.test(responseTopic) && responseTopic !== '') {
    properties.responseTopic = responseTopic
  }
  const correlation = values.get('Correlation-Data')
  if (correlation !== undefined) {
    const data = bytesOf(correlation)
    if (data.length <= TEXT_BYTES_MAX) properties.correlationData = data
  }
  const fitting = userProperties.filter((pair) => pair.every((text) => shortText(text) === text))
  if (fitting.length > 0) properties.userProperties = fitting
  return encodeProperties(properties)
}

function shortText(value: Value): string | undefined {
  if (value === undefined) return undefined
  const text = toText(value)
  const fits = Buffer.byteLength(text) <= TEXT_BYTES_MAX && !text.includes('\u0000')
  return fits && text.isWellFormed() ? text : undefined
}
