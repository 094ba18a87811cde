import { Tabs } from 'antd'
import { useLocation, useNavigate } from 'react-router'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { ExclusiveList } from './exclusive-list.tsx'
import { SubscriptionList } from './subscription-list.tsx'
import { TEXTS } from './texts.ts'

/** Who has subscribed to what, and who has a topic for itself. */
export default function SubscriptionsPage() {
  const t = useTexts(TEXTS)
  const navigate = useNavigate()
  const active = useLocation().pathname.endsWith('/exclusive') ? 'exclusive' : 'all'
  return (
    <>
      <PageTitle
        title={t('title')}
        about={t(active === 'exclusive' ? 'aboutExclusive' : 'about')}
      />
      <Tabs
        activeKey={active}
        destroyOnHidden
        onChange={(tab) => void navigate(`/subscriptions/${tab}`)}
        items={[
          { key: 'all', label: t('all'), children: <SubscriptionList /> },
          { key: 'exclusive', label: t('exclusive'), children: <ExclusiveList /> },
        ]}
      />
    </>
  )
}
