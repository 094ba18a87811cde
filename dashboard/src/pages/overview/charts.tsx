import type { getMonitor, getShardMonitor } from '#management/contract/observe.ts'
import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Segmented } from 'antd'
import { useMemo, useState } from 'react'
import { call } from '../../api/call.ts'
import { Failure } from '../../components/failure.tsx'
import { Panel } from '../../components/panel.tsx'
import { TimeChart, type TimeSpan } from '../../components/time-chart.tsx'
import { showBytes, showCount, showMs } from '../../format/numbers.ts'
import { useTexts } from '../../i18n/i18n.ts'
import { type Series, seriesOfMoments, seriesOfPoints, seriesOfShards } from './history.ts'
import { type Moment, REMEMBERED_S } from './live.ts'
import { TEXTS } from './texts.ts'

const RANGES = { live: REMEMBERED_S, hour: 3_600, sixHours: 21_600, day: 86_400, week: 604_800 }
type Range = keyof typeof RANGES

const REFRESH_MS = 10_000
const SHARD_REFRESH_MS = 60_000
const CHARTS = [
  ['messages', showCount],
  ['connections', showCount],
  ['bytes', showBytes],
  ['dropped', showCount],
  ['lag', showMs],
  ['memory', showBytes],
] as const satisfies readonly (readonly [keyof Series, (value: number) => string])[]

const NO_MOMENTS: readonly Moment[] = []

/** How it came to be as it is. Dragging over a part of any chart shows that part in all. */
export function Charts({ moments }: { moments: readonly Moment[] }) {
  const t = useTexts(TEXTS)
  const [range, setRange] = useState<Range>('live')
  const [isByShard, setByShard] = useState(false)
  const [zoom, setZoom] = useState<TimeSpan>()
  const isLive = range === 'live'
  const past = useQuery({
    queryKey: ['monitor', range],
    queryFn: ({ signal }) =>
      call<typeof getMonitor>('GET', '/monitor', { query: { latest: RANGES[range] }, signal }),
    // Live, it is what came before the first event.
    refetchInterval: isLive ? false : REFRESH_MS,
    staleTime: isLive ? Number.POSITIVE_INFINITY : 0,
  })
  const isPastByShard = isByShard && !isLive
  const byShard = useQuery({
    queryKey: ['monitor-shards', range],
    queryFn: ({ signal }) =>
      call<typeof getShardMonitor>('GET', '/monitor/shards', {
        query: { latest: RANGES[range] },
        signal,
      }),
    enabled: isPastByShard,
    refetchInterval: SHARD_REFRESH_MS,
  })
  const failed = isPastByShard ? byShard : isLive ? undefined : past
  // What was, the present does not change.
  const recent = isLive ? moments : NO_MOMENTS
  const series = useMemo(
    () =>
      isLive
        ? seriesOfMoments(recent, isByShard, past.data ?? [], t)
        : isByShard
          ? seriesOfShards(byShard.data ?? [], t)
          : seriesOfPoints(past.data ?? [], t),
    [isLive, recent, isByShard, past.data, byShard.data, t],
  )
  const nowS = (moments.at(-1)?.sample.time_stamp ?? 0) / 1000
  const endS = series.times.at(-1) ?? nowS
  const span = useMemo((): TimeSpan => zoom ?? [endS - RANGES[range], endS], [zoom, endS, range])
  return (
    <>
      <Flex gap={8} wrap align="center" justify="space-between">
        <Segmented<Range>
          aria-label={t('range')}
          value={range}
          onChange={(next) => {
            setRange(next)
            setZoom(undefined)
          }}
          options={(Object.keys(RANGES) as Range[]).map((value) => ({ value, label: t(value) }))}
        />
        <Flex gap={8} wrap>
          {zoom !== undefined && <Button onClick={() => setZoom(undefined)}>{t('showAll')}</Button>}
          <Segmented<'sum' | 'byShard'>
            aria-label={t('scope')}
            value={isByShard ? 'byShard' : 'sum'}
            onChange={(next) => setByShard(next === 'byShard')}
            options={[
              { value: 'sum', label: t('sum') },
              { value: 'byShard', label: t('byShard') },
            ]}
          />
        </Flex>
      </Flex>
      {failed !== undefined && failed.error !== null ? (
        <Failure error={failed.error} retry={() => void failed.refetch()} />
      ) : (
        <div className="columns">
          {CHARTS.map(([name, format]) => (
            <Panel key={name} title={t(`chart-${name}`)}>
              <TimeChart
                label={t(`chart-${name}`)}
                times={series.times}
                lines={series[name]}
                format={format}
                isBinary={format === showBytes}
                span={span}
                zoom={setZoom}
              />
            </Panel>
          ))}
        </div>
      )}
    </>
  )
}
