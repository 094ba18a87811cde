import type { getMonitor, getShardMonitor } from '#management/contract/observe.ts'
import type { Answer } from '../../api/call.ts'
import type { Line } from '../../components/time-chart.tsx'
import type { Translate } from '../../i18n/i18n.ts'
import { type Moment, worstLag } from './live.ts'
import type { TEXTS } from './texts.ts'

type Point = Answer<typeof getMonitor>[number]
type ShardPoint = Answer<typeof getShardMonitor>[number]
type T = Translate<keyof typeof TEXTS.en>

/** What the charts show, of the past or of the last minutes. */
export interface Series {
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly messages: readonly Line[]
  readonly connections: readonly Line[]
  readonly bytes: readonly Line[]
  readonly dropped: readonly Line[]
  readonly lag: readonly Line[]
  readonly memory: readonly Line[]
}

/** Lines of points that the broker kept. Counts of a point become rates. */
export function seriesOfPoints(points: readonly Point[], t: T): Series {
  const gaps = gapsOf(points.map(({ time_stamp: at }) => at))
  const rate = (label: string, read: (point: Point) => number): Line => ({
    label,
    values: points.map((point, index) => read(point) / (gaps[index] ?? 1)),
  })
  const level = (label: string, read: (point: Point) => number): Line => ({
    label,
    values: points.map(read),
  })
  return {
    times: points.map(({ time_stamp: at }) => at / 1000),
    messages: [
      rate(t('in'), ({ received }) => received),
      rate(t('out'), ({ sent }) => sent),
      rate(t('stored'), ({ persisted }) => persisted),
    ],
    connections: [
      level(t('connected'), (point) => point.live_connections),
      level(t('sessions'), (point) => point.connections),
      level(t('subscriptions'), (point) => point.subscriptions),
    ],
    bytes: [
      rate(t('in'), (point) => point.bytes_received),
      rate(t('out'), (point) => point.bytes_sent),
    ],
    dropped: [rate(t('droppedShort'), ({ dropped }) => dropped)],
    lag: [level(t('lagShort'), (point) => point.lag_ms)],
    memory: [level(t('process'), ({ memory }) => memory)],
  }
}

/** Lines of points that the broker kept of each shard. */
export function seriesOfShards(points: readonly ShardPoint[], t: T): Series {
  const times = [...new Set(points.map(({ time_stamp: at }) => at))]
  const gaps = gapsOf(times)
  const shards = [...new Set(points.map(({ shard }) => shard))].toSorted((a, b) => a - b)
  const known = new Map(points.map((point) => [`${point.time_stamp} ${point.shard}`, point]))
  const each = (label: string, read: (point: ShardPoint, gapS: number) => number) =>
    shards.map((shard) => ({
      label: `${label} · ${t('shard', { number: shard })}`,
      values: times.map((at, index) => {
        const point = known.get(`${at} ${shard}`)
        return point === undefined ? null : read(point, gaps[index] ?? 1)
      }),
    }))
  return {
    times: times.map((at) => at / 1000),
    messages: [
      ...each(t('in'), ({ received }, gapS) => received / gapS),
      ...each(t('out'), ({ sent }, gapS) => sent / gapS),
    ],
    connections: each(t('connected'), ({ connections }) => connections),
    bytes: [
      ...each(t('in'), (point, gapS) => point.bytes_received / gapS),
      ...each(t('out'), (point, gapS) => point.bytes_sent / gapS),
    ],
    dropped: each(t('droppedShort'), ({ dropped }, gapS) => dropped / gapS),
    lag: each(t('lagShort'), (point) => point.lag_ms),
    memory: each(t('heap'), (point) => point.heap_bytes),
  }
}

/** Seconds before each point; of the first one, those after it. */
function gapsOf(times: readonly number[]): readonly number[] {
  return times.map((at, index) => {
    const ms = index === 0 ? (times[1] ?? at) - at : at - (times[index - 1] ?? at)
    return Math.max(1, ms / 1000)
  })
}

/**
 * Lines of the last minutes, together or one for each shard.
 * @param before what the broker kept of the time before; not known by shard
 */
export function seriesOfMoments(
  moments: readonly Moment[],
  isByShard: boolean,
  before: readonly Point[],
  t: T,
): Series {
  const live = liveSeries(moments, isByShard, t)
  const firstS = live.times[0] ?? 0
  const past = isByShard ? [] : before.filter(({ time_stamp: at }) => at / 1000 < firstS)
  if (past.length === 0) return live
  const early = seriesOfPoints(past, t)
  const join = (name: Exclude<keyof Series, 'times'>): readonly Line[] =>
    live[name].map((line, index) => {
      return { ...line, values: [...(early[name][index]?.values ?? []), ...line.values] }
    })
  return {
    times: [...early.times, ...live.times],
    messages: join('messages'),
    connections: join('connections'),
    bytes: join('bytes'),
    dropped: join('dropped'),
    lag: join('lag'),
    memory: join('memory'),
  }
}

function liveSeries(moments: readonly Moment[], isByShard: boolean, t: T): Series {
  const line = (label: string, read: (moment: Moment) => number | null): Line => ({
    label,
    values: moments.map(read),
  })
  const shards = moments.at(-1)?.sample.shards ?? []
  const each = (label: string, read: (moment: Moment, shard: number) => number | null) =>
    shards.map((_, shard) =>
      line(`${label} · ${t('shard', { number: shard })}`, (moment) => read(moment, shard)),
    )
  const messages = isByShard
    ? [
        ...each(t('in'), ({ rates }, shard) => rates.shards[shard]?.received ?? null),
        ...each(t('out'), ({ rates }, shard) => rates.shards[shard]?.sent ?? null),
      ]
    : [
        line(t('in'), ({ rates }) => rates.received),
        line(t('out'), ({ rates }) => rates.sent),
        line(t('stored'), ({ sample }) => sample.current.persisted_rate),
      ]
  const connections = isByShard
    ? each(t('connected'), ({ sample }, shard) => sample.shards[shard]?.connections ?? null)
    : [
        line(t('connected'), ({ sample }) => sample.current.live_connections),
        line(t('sessions'), ({ sample }) => sample.current.connections),
        line(t('subscriptions'), ({ sample }) => sample.current.subscriptions),
      ]
  return {
    times: moments.map(({ sample }) => sample.time_stamp / 1000),
    messages,
    connections,
    bytes: [
      line(t('in'), ({ rates }) => rates.bytesIn),
      line(t('out'), ({ rates }) => rates.bytesOut),
    ],
    dropped: [line(t('droppedShort'), ({ rates }) => rates.dropped)],
    lag: isByShard
      ? each(t('lagShort'), ({ sample }, shard) => sample.shards[shard]?.lag_ms ?? null)
      : [line(t('lagShort'), worstLag)],
    memory: [
      line(t('process'), ({ sample }) => sample.memory.process),
      ...(isByShard
        ? each(t('heap'), ({ sample }, shard) => sample.shards[shard]?.heap_bytes ?? null)
        : []),
    ],
  }
}
