import { Flex } from 'antd'
import { Failure } from '../../components/failure.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { Attention } from './attention.tsx'
import { Charts } from './charts.tsx'
import { DroppedReasons } from './dropped-reasons.tsx'
import { useLive } from './live.ts'
import { NowTiles } from './now-tiles.tsx'
import { ShardTable } from './shard-table.tsx'
import { TEXTS } from './texts.ts'

/** How the broker is doing, and what needs somebody. */
export default function OverviewPage() {
  const t = useTexts(TEXTS)
  const { moments, error } = useLive()
  const latest = moments.at(-1)
  if (latest === undefined) {
    return error === undefined ? <Waiting /> : <Failure error={error} />
  }
  return (
    <>
      <PageTitle title={t('title')} about={t('about')} />
      <Flex vertical gap={16}>
        <Attention sample={latest.sample} />
        <NowTiles moments={moments} />
        <Charts moments={moments} />
        <div className="columns">
          <DroppedReasons counters={latest.sample.counters} />
          <ShardTable latest={latest} />
        </div>
      </Flex>
    </>
  )
}
