/** Spans of messages: from the publisher through routing to each subscriber. */
import type { HookedConnection, Hooks, Receiver, SharedHooks } from '#broker/hooks.ts'
import type { Message } from '#broker/message.ts'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import type { Attributes } from '#codec/otlp/otlp.ts'
import { SpanKind } from '#codec/otlp/spans.ts'
import { clientAttributes, clientHooks } from './client-spans.ts'
import { RuleTracer } from './rule-tracer.ts'
import { SpanBuffer, type SpanBatch } from './span-buffer.ts'
import { attributesOf, type SpanPorts, SpanSource } from './span-source.ts'
import { readTraceContext, type TraceContext, withTraceContext } from './trace-context.ts'
import type { EndToEndFilter, TracingSettings } from './tracing-settings.ts'

/** What tracing needs of its shard. */
export interface TracerPorts extends SpanPorts {
  readonly hooks: Hooks
  /** See `HookedConnection.lastReceivedMs`. */
  monotonicMs(): number
  /** Has rules tell what they do; undefined: no more. */
  watchRules(tracer: RuleTracer | undefined): void
}

/** A message that is being published. */
interface Publishing {
  readonly message: Message
  readonly parent: TraceContext | undefined
  /** The span of the client's publishing, and inside it that of routing. */
  readonly root: TraceContext
  readonly route: TraceContext | undefined
  readonly startMs: number
}

const WATCHER = 'tracing'
const SYS_PREFIX = '$SYS/'

/**
 * Records traces of one shard. The context of a message travels as its user properties
 * `traceparent` and `tracestate`: so it reaches subscribers, siblings, stored sessions and other
 * systems without anything on the way knowing of it.
 */
export class MessageTracer {
  readonly #ports: TracerPorts
  readonly #buffer: SpanBuffer
  readonly #spans: SpanSource
  readonly #rules: RuleTracer
  #settings: TracingSettings | undefined
  #publishing: Publishing | undefined

  constructor(ports: TracerPorts, settings: TracingSettings | undefined) {
    this.#ports = ports
    this.#buffer = new SpanBuffer(settings?.spansMax ?? 0)
    this.#spans = new SpanSource(ports, this.#buffer)
    this.#rules = new RuleTracer(this.#spans)
    this.configure(settings)
  }

  /** Traces what these settings say from now on; undefined: nothing, at no cost. */
  configure(settings: TracingSettings | undefined): void {
    const { hooks, watchRules } = this.#ports
    this.#settings = settings
    this.#publishing = undefined
    if (settings === undefined) {
      hooks.decide(WATCHER, undefined)
      hooks.watch(WATCHER, {})
      watchRules(undefined)
      return
    }
    this.#buffer.limit(settings.spansMax)
    const filter = this.#filter
    this.#rules.isRecording = filter?.rules === true
    watchRules(this.#rules)
    hooks.decide(WATCHER, (message) => this.#publish(message))
    const clients = filter === undefined ? {} : clientHooks(this.#clientPorts(filter), filter)
    hooks.watch(WATCHER, { ...clients, ...this.#messageHooks(filter?.ackLevel ?? 0) })
  }

  /** Takes out the spans that wait to be exported. */
  take(): SpanBatch {
    return this.#buffer.take()
  }

  #clientPorts(filter: EndToEndFilter) {
    const { monotonicMs } = this.#ports
    const isWanted = (clientId: string, topic: string | undefined, isKindWanted: boolean) =>
      isListed(filter, clientId, topic) || (isKindWanted && this.#spans.happens(filter.sampleRatio))
    return { spans: this.#spans, isWanted, monotonicMs }
  }

  /** A message enters the broker: if it is traced, it goes on with the context of its routing. */
  #publish(message: Message): Message {
    const { topic } = message.topic
    if (topic.startsWith(SYS_PREFIX)) return message
    const carried = this.#rules.active ?? readTraceContext(message.properties)
    const parent = this.#parentOf(message, carried)
    if (parent === 'none') return message
    const root = this.#spans.begin(parent)
    const route = this.#filter === undefined ? undefined : this.#spans.begin(root)
    const startMs = this.#spans.nowMs()
    message.properties = withTraceContext(message.properties, route ?? root)
    // The packet that it came in has not got the context: it is not sent on as it is.
    message.bodyStart = -1
    this.#publishing = { message, parent, root, route, startMs }
    return message
  }

  /** `none`: it is not traced. */
  #parentOf(
    message: Message,
    carried: TraceContext | undefined,
  ): TraceContext | undefined | 'none' {
    const filter = this.#filter
    if (filter === undefined) {
      if (carried !== undefined) return carried.isSampled ? carried : 'none'
      return this.#settings?.traceAll === true ? undefined : 'none'
    }
    const { followParent, messages, sampleRatio } = filter
    if (carried !== undefined && (followParent || this.#rules.active !== undefined)) {
      return carried.isSampled ? carried : 'none'
    }
    const isWanted =
      isListed(filter, message.publisher, message.topic.topic) ||
      (messages && this.#spans.happens(sampleRatio))
    return isWanted ? undefined : 'none'
  }

  #messageHooks(ackLevel: number): SharedHooks {
    return {
      routed: (message, receivers, publisher) => this.#routed(message, receivers, publisher),
      delivered: (receiver, message, qos, retain) => {
        this.#delivered(receiver, message, { 'message.qos': qos, 'message.retain': retain })
      },
      deliveryDropped: (receiver, message, reason) => {
        this.#delivered(receiver, message, { 'message.qos': message.qos }, reason)
      },
      ...(ackLevel > 0 && {
        acked: (receiver: Receiver, message: Message, qos: number) => {
          if (qos <= ackLevel) this.#acked(receiver, message, qos)
        },
      }),
    }
  }

  #routed(message: Message, receivers: number, publisher: HookedConnection | undefined): void {
    const publishing = this.#publishing
    if (publishing?.message !== message) return
    this.#publishing = undefined
    const { parent, root, route, startMs } = publishing
    const attributes = {
      ...this.#common(),
      ...(publisher !== undefined && clientAttributes(publisher, this.#clusterId)),
      'message.from': message.publisher,
      'message.topic': message.topic.topic,
      'message.qos': message.qos,
      'message.retain': message.retain,
      'message.size': message.payloadLength,
    }
    if (route !== undefined) {
      const more = { ...attributes, 'route.receivers': receivers }
      this.#spans.end(route, root, startMs, { name: 'message.route', attributes: more })
    }
    this.#spans.end(root, parent, startMs, {
      name: route === undefined ? 'process_message' : 'client.publish',
      kind: SpanKind.CONSUMER,
      attributes,
    })
  }

  #delivered(receiver: Receiver, message: Message, more: Attributes, failure?: string): void {
    const publishing = this.#publishing
    const isHere = publishing?.message === message
    const parent = isHere
      ? (publishing.route ?? publishing.root)
      : readTraceContext(message.properties)
    if (parent?.isSampled !== true) return
    const isRetained = more['message.retain'] === true
    this.#spans.end(this.#spans.begin(parent), parent, this.#sinceMs(message, isHere, isRetained), {
      name: this.#filter === undefined ? 'send_published_message' : 'broker.publish',
      kind: SpanKind.PRODUCER,
      attributes: { ...this.#receiverAttributes(receiver, message), ...more },
      failure,
    })
  }

  /** When the way to the subscriber began: of what was retained, only now. */
  #sinceMs(message: Message, isHere: boolean, isRetained: boolean): number {
    if (isHere) return this.#publishing?.startMs ?? this.#spans.nowMs()
    const { receivedAtMs } = message
    return isRetained || receivedAtMs === 0 ? this.#spans.nowMs() : receivedAtMs
  }

  #acked(receiver: Receiver, message: Message, qos: number): void {
    const parent = readTraceContext(message.properties)
    if (parent?.isSampled !== true) return
    this.#spans.end(this.#spans.begin(parent), parent, this.#spans.nowMs(), {
      name: qos === 1 ? 'client.puback' : 'client.pubcomp',
      attributes: { ...this.#receiverAttributes(receiver, message), 'message.qos': qos },
    })
  }

  #receiverAttributes(receiver: Receiver, message: Message): Attributes {
    const { clientId, username } = receiver
    return {
      ...this.#common(),
      'client.clientid': clientId,
      ...attributesOf({ 'client.username': username }),
      'message.from': message.publisher,
      'message.topic': message.topic.topic,
    }
  }

  /** Of mode `e2e`; undefined: it is the other one. */
  get #filter(): EndToEndFilter | undefined {
    return this.#settings?.mode === 'e2e' ? this.#settings.endToEnd : undefined
  }

  get #clusterId(): string | undefined {
    return this.#filter?.clusterId
  }

  #common(): Attributes {
    return attributesOf({ 'messaging.system': 'mqtt', 'cluster.id': this.#clusterId })
  }
}

/** Whether everything of this client or topic is traced. */
function isListed(
  { clientIds, topics }: EndToEndFilter,
  clientId: string,
  topic: string | undefined,
): boolean {
  if (clientIds.includes(clientId)) return true
  return topic !== undefined && topics.some((filter) => matchesFilter(filter, topic))
}
