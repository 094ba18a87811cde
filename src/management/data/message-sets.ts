/** Messages in a backup: retained ones, and those that are published later. */
import type {
  DelayedView,
  MessageView,
  OperatorMessage,
  OperatorProperties,
  TextListPart,
} from '#broker/operator/views.ts'
import type { ManagementContext } from '../context.ts'
import type { TableRow } from './table-rows.ts'
import type { TypedTableSet } from './table-set.ts'

type RetainedRow = TableRow<'builtin_retainer'>
type DelayedRow = TableRow<'delayed'>

/** Messages asked for, or brought back, at a time. */
const PART = 1_000
const PART_BYTES = 16 * 1024 * 1024
const BRING_AT_ONCE = 100
/** Messages are in one store: any shard reads them all. */
const ANY_SHARD = 0
const FAILED = 0x80

/** Retained messages. They come back as if they were published anew. */
export function retainedSet(context: ManagementContext): TypedTableSet<RetainedRow> {
  const { node, shards } = context
  return {
    name: 'builtin_retainer',
    async rows() {
      const views = await allParts<MessageView>((range) => {
        return shards.call(ANY_SHARD, 'listRetained', undefined, 0, range)
      })
      return views.map(toRow)
    },
    keyOf: ({ topic }) => topic,
    restore: (rows) => {
      return bring(rows, async (row) => {
        const { topic } = row
        if (isOver(row, node.nowMs())) return 'it has expired'
        const refusal = await publish(context, { ...row, retain: true }, topic)
        if (refusal !== undefined) return refusal
        const kept = await shards.call(shards.shardForTopic(topic), 'getRetained', topic)
        return kept === undefined ? 'the retainer did not take it' : undefined
      })
    },
    async remove(rows) {
      for (const { topic } of rows) {
        await shards.call(shards.shardForTopic(topic), 'removeRetained', topic)
      }
    },
  }
}

/** Delayed messages. Those that are there already, or should have been sent, are passed over. */
export function delayedSet(context: ManagementContext): TypedTableSet<DelayedRow> {
  const { node, shards } = context
  const views = (): Promise<readonly DelayedView[]> => {
    return allParts((range) => shards.call(ANY_SHARD, 'delayedPart', range))
  }
  const keyOf = ({ topic, publisher, payload, dueAtMs }: DelayedRow): string => {
    return JSON.stringify([topic, publisher, secondsOf(dueAtMs), payload])
  }
  return {
    name: 'delayed',
    rows: async () => (await views()).map(toDelayedRow),
    keyOf,
    async restore(rows) {
      const known = new Set((await views()).map((view) => keyOf(toDelayedRow(view))))
      return bring(rows, async (row) => {
        if (known.has(keyOf(row))) return undefined
        const isLate = row.dueAtMs <= node.nowMs() || isOver(row, node.nowMs())
        if (isLate) return 'its time was before now'
        return publish(context, row, `$delayed/${secondsOf(row.dueAtMs)}/${row.topic}`)
      })
    },
    async remove(rows) {
      const unwanted = new Set(rows.map(keyOf))
      for (const view of await views()) {
        if (!unwanted.has(keyOf(toDelayedRow(view)))) continue
        await shards.callAll('cancelDelayed', view.id)
      }
    },
  }
}

interface PartRange {
  readonly from: string
  readonly limit: number
  readonly withPayload: true
  readonly payloadBytesMax: number
}

async function allParts<View>(
  read: (range: PartRange) => Promise<TextListPart<View>>,
): Promise<readonly View[]> {
  const all: View[] = []
  for (let from = ''; ;) {
    const range = { from, limit: PART, withPayload: true, payloadBytesMax: PART_BYTES } as const
    const { items, next } = await read(range)
    for (const item of items) all.push(item)
    if (next === undefined) return all
    from = next
  }
}

function toRow({
  topic,
  payload,
  qos,
  publisher,
  properties,
  expiresAtMs,
}: MessageView): RetainedRow {
  return {
    topic,
    payload: base64(payload ?? new Uint8Array()),
    qos,
    publisher,
    ...(properties !== undefined && { properties: toRowProperties(properties) }),
    ...(expiresAtMs > 0 && { expiresAtMs }),
  }
}

function toDelayedRow(view: DelayedView): DelayedRow {
  const { retain, username, dueAtMs } = view
  return { ...toRow(view), retain, ...(username !== undefined && { username }), dueAtMs }
}

function toRowProperties(properties: OperatorProperties): NonNullable<RetainedRow['properties']> {
  const { correlationData, userProperties, messageExpirySeconds, ...others } = properties
  return {
    ...others,
    ...(correlationData !== undefined && { correlationData: base64(correlationData) }),
    ...(userProperties !== undefined && {
      userProperties: userProperties.map(([name, value]): [string, string] => [name, value]),
    }),
  }
}

/** Brings rows back, some at a time; `bringOne` says why it did not. */
async function bring<Row extends { readonly topic: string }>(
  rows: readonly Row[],
  bringOne: (row: Row) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const passedOver: string[] = []
  for (let at = 0; at < rows.length; at += BRING_AT_ONCE) {
    const some = rows.slice(at, at + BRING_AT_ONCE)
    const reasons = await Promise.all(some.map(bringOne))
    for (const [index, { topic }] of some.entries()) {
      const reason = reasons[index]
      if (reason !== undefined) passedOver.push(`${topic}: ${reason}`)
    }
  }
  return passedOver
}

/** Gives why the broker refused it. */
async function publish(
  { node, shards }: ManagementContext,
  row: RetainedRow & { readonly retain: boolean; readonly username?: string },
  topic: string,
): Promise<string | undefined> {
  const { payload, qos, retain, publisher, username, properties = {}, expiresAtMs } = row
  const { correlationData, ...others } = properties
  const message: OperatorMessage = {
    topic,
    payload: Buffer.from(payload, 'base64'),
    qos,
    retain,
    publisher,
    username,
    properties: {
      ...others,
      ...(correlationData !== undefined && {
        correlationData: Buffer.from(correlationData, 'base64'),
      }),
      ...(expiresAtMs !== undefined && {
        messageExpirySeconds: secondsOf(expiresAtMs - node.nowMs()),
      }),
    },
  }
  const [outcome] = await shards.call(shards.shardForTopic(row.topic), 'publish', [message])
  return outcome !== undefined && outcome.reason >= FAILED ? outcome.detail : undefined
}

function isOver({ expiresAtMs }: RetainedRow, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1000)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
