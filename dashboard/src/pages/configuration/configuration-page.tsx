import { Segmented } from 'antd'
import { useState } from 'react'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { ConfigForm } from './config-form.tsx'
import { HistoryList } from './history-list.tsx'
import { TEXTS } from './texts.ts'

/** Every key of the configuration: what it is, where that comes from, and how it became so. */
export default function ConfigurationPage() {
  const t = useTexts(TEXTS)
  const [view, setView] = useState<'keys' | 'history'>('keys')
  return (
    <>
      <PageTitle title={t('title')} about={t('about')}>
        <Segmented<'keys' | 'history'>
          aria-label={t('title')}
          value={view}
          onChange={setView}
          options={[
            { value: 'keys', label: t('keys') },
            { value: 'history', label: t('history') },
          ]}
        />
      </PageTitle>
      {view === 'keys' ? <ConfigForm /> : <HistoryList />}
    </>
  )
}
