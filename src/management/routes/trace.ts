import { validateTopicFilterText } from '#codec/mqtt/topic.ts'
import { parseNetwork } from '#net/ip-address.ts'
import {
  createTrace,
  deleteTrace,
  deleteTraces,
  downloadTrace,
  getTraceLog,
  getTraceLogDetail,
  listTraces,
  stopTrace,
  TRACES_MAX,
} from '../contract/trace.ts'
import type { RequestOf } from '../contract/operation.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { zip } from '../files/zip.ts'
import { formatTime } from '../time-text.ts'
import { statusOf, type TraceTask } from '../trace/trace-task.ts'
import { requireTime } from './require-time.ts'

/** How long a trace runs that does not say it. */
const DURATION_MS = 10 * 60_000
const TOPIC_LEVELS_MAX = 128
const SECONDS_MAX = 100_000_000_000
const READ_BYTES = 1000
const ARCHIVE_BYTES_MAX = 128 * 1024 * 1024

/** Traces: what happened to a client, topic, address or rule. */
export function traceRoutes(context: ManagementContext): readonly Route[] {
  const { traces } = context
  return [
    route(listTraces, () => ok(traces.list().map((task) => toBody(context, task)))),
    route(createTrace, async ({ body }) => {
      const task = toTask(context, body)
      await traces.add(task)
      return ok(toBody(context, task))
    }),
    route(deleteTraces, async () => {
      for (const { name } of traces.list()) await traces.remove(name)
      return noContent()
    }),
    route(deleteTrace, async ({ params: { name } }) => {
      if (!(await traces.remove(name))) throw noTrace(name)
      return noContent()
    }),
    route(stopTrace, async ({ params: { name } }) => {
      const task = await traces.end(name)
      if (task === undefined) throw noTrace(name)
      return ok(toBody(context, task))
    }),
    ...logRoutes(context),
  ]
}

function logRoutes({ traces, node }: ManagementContext): readonly Route[] {
  const sizeOf = async (name: string) => {
    if (traces.get(name) === undefined) throw noTrace(name)
    await traces.flush()
    const size = traces.sizeOf(name)
    if (size === undefined) throw noTrace(name)
    return size
  }
  return [
    route(downloadTrace, async ({ params: { name } }) => {
      await sizeOf(name)
      const content = await traces.read(name, 0, ARCHIVE_BYTES_MAX)
      const archive = zip([{ name: `${node.name}/${name}.log`, content }])
      return ok({ name: `${name}.zip`, content: archive })
    }),
    route(getTraceLog, async ({ params: { name }, query }) => {
      const { sizeBytes } = await sizeOf(name)
      const { bytes = READ_BYTES, position = 0 } = query
      const part = await traces.read(name, position, bytes)
      const isEnd = position + part.length >= sizeBytes
      const shown = isEnd ? part : untilLineEnd(part)
      const meta = {
        position: position + shown.length,
        bytes,
        ...(isEnd && { hint: 'eof' as const }),
      }
      return ok({ items: shown.toString(), meta })
    }),
    route(getTraceLogDetail, async ({ params: { name } }) => {
      const { sizeBytes, modifiedAtMs } = await sizeOf(name)
      return ok([{ node: node.name, size: sizeBytes, mtime: Math.floor(modifiedAtMs) }])
    }),
  ]
}

/** Whole lines, or all of a line that is longer than what was asked for. */
function untilLineEnd(part: Buffer): Buffer {
  const end = part.lastIndexOf(0x0a)
  return end === -1 ? part : part.subarray(0, end + 1)
}

function toTask(
  { node, traces }: ManagementContext,
  body: RequestOf<typeof createTrace>['body'],
): TraceTask {
  const { name, type, payload_encode: payloadEncode = 'text', formatter = 'text' } = body
  const value = body[type]
  if (value === undefined) throw badRequest(`body.${type} is missing: it says what is traced.`)
  checkValue(type, value)
  const nowMs = node.nowMs()
  const startAtMs = timeOf('body.start_at', body.start_at) ?? nowMs
  const endAtMs = timeOf('body.end_at', body.end_at) ?? startAtMs + DURATION_MS
  if (endAtMs <= nowMs) throw badRequest('body.end_at is over already.')
  if (endAtMs <= startAtMs) throw badRequest('body.end_at must be after body.start_at.')
  if (traces.get(name) !== undefined) {
    throw conflict(`There is a trace ${name} already.`, 'ALREADY_EXISTS')
  }
  const same = traces.list().find((one) => {
    return one.type === type && one.value === value && statusOf(one, nowMs) !== 'stopped'
  })
  if (same !== undefined) throw conflict(`The trace ${same.name} notes the same already.`)
  if (traces.count >= TRACES_MAX) {
    throw badRequest(`There may be ${TRACES_MAX} traces: delete one.`, 'EXCEED_LIMIT')
  }
  return { name, type, value, payloadEncode, formatter, startAtMs, endAtMs, isStopped: false }
}

function timeOf(path: string, given: string | number | undefined): number | undefined {
  // EMQX has numbers of seconds here; those of milliseconds are much greater.
  const isSeconds = typeof given === 'number' && given < SECONDS_MAX
  return requireTime(
    path,
    given === undefined ? undefined : String(isSeconds ? given * 1000 : given),
  )
}

function checkValue(type: TraceTask['type'], value: string): void {
  if (type === 'ip_address' && (value.includes('/') || parseNetwork(value) === undefined)) {
    throw badRequest('body.ip_address must be an address such as 192.0.2.1.')
  }
  if (type !== 'topic') return
  const invalid = validateTopicFilterText(value, TOPIC_LEVELS_MAX)
  if (invalid !== undefined) throw badRequest(`body.topic: ${invalid.detail}.`, 'BAD_TOPIC')
}

function toBody({ node, traces }: ManagementContext, task: TraceTask) {
  const { name, type, value, payloadEncode, formatter, startAtMs, endAtMs } = task
  return {
    name,
    type,
    [type]: value,
    status: statusOf(task, node.nowMs()),
    payload_encode: payloadEncode,
    formatter,
    start_at: formatTime(startAtMs),
    end_at: formatTime(endAtMs),
    log_size: { [node.name]: traces.sizeOf(name)?.sizeBytes ?? 0 },
  }
}

function noTrace(name: string) {
  return notFound(`There is no trace ${name}.`)
}
