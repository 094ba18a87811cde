import { useState } from 'react'

import { Nothing } from '../../components/nothing.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { Panel } from '../../components/panel.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { TEXTS } from './texts.ts'
import { TopicDetails } from './topic-details.tsx'
import { TopicTree } from './topic-tree.tsx'
import type { Level } from './use-levels.ts'

/** All topics level by level: what is published, subscribed to, retained. */
export default function TopicsPage() {
  const t = useTexts(TEXTS)
  const [chosen, setChosen] = useState<Level>()
  return (
    <>
      <PageTitle title={t('title')} about={t('about')} />
      <div className="columns" style={{ alignItems: 'start' }}>
        <Panel title={t('tree')}>
          <TopicTree chosen={chosen?.topic} choose={setChosen} />
        </Panel>
        {chosen === undefined ? (
          <Panel>
            <Nothing text={t('choose')} />
          </Panel>
        ) : (
          <TopicDetails key={chosen.topic} level={chosen} />
        )}
      </div>
    </>
  )
}
