import { Tabs } from 'antd'
import { useLocation, useNavigate } from 'react-router'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../i18n/i18n.ts'
import { RuleLists } from './rule-lists.tsx'
import { SettingsForm } from './settings-form.tsx'
import { SourceList } from './source-list.tsx'
import { TEXTS } from './texts.ts'

const TABS = ['sources', 'rules', 'settings'] as const

/** What clients may do: sources, rules in the built-in database, and what holds for all. */
export default function AuthorizationPage() {
  const t = useTexts(TEXTS)
  const navigate = useNavigate()
  const last = useLocation().pathname.split('/').at(-1)
  const active = TABS.find((tab) => tab === last) ?? 'sources'
  const parts = { sources: <SourceList />, rules: <RuleLists />, settings: <SettingsForm /> }
  return (
    <>
      <PageTitle title={t('title')} about={t('about')} />
      <Tabs
        activeKey={active}
        destroyOnHidden
        onChange={(tab) => void navigate(`/authorization/${tab}`)}
        items={TABS.map((tab) => ({ key: tab, label: t(tab), children: parts[tab] }))}
      />
    </>
  )
}
